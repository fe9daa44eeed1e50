// `npm start`: everything Gleaner needs, then Gleaner.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'start.ts', forTests: false });
