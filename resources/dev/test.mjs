// `npm test`: everything the checks need, then the checks.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'test.ts', forTests: true });
