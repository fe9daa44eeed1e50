// `npm run package`: everything that packages are made of, then the packages.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'package.ts', forTests: true });
