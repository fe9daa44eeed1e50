// `npm run test:user`: the app and its VM as an ordinary user, with Chromium's sandbox on.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'user-lane.ts', forTests: true });
