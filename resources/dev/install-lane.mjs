// `npm run test:install`: packages in a Debian of their own, with systemd.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'install-lane.ts', forTests: true });
