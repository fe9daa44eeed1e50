// `npm run test:condor` and `npm run test:hosts`: everything a pool of HTCondor's needs, then its tests in a network of their own.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'condor-lane.ts', forTests: true });
