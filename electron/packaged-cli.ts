// The `gleaner` command of a package, bundled to `resources/cli/main/cli.js` of the installed app.
import { fileURLToPath } from 'node:url';
import { main } from './cli/main.ts';
import { packagedProgram } from './program/packaged.ts';

const resourcesDir = fileURLToPath(new URL('../..', import.meta.url));
process.exitCode = await main(packagedProgram(resourcesDir, process.platform));
