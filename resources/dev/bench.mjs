// `npm run bench`: everything the benchmarks need, then the benchmarks.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'bench.ts', forTests: true });
