#!/usr/bin/env node
// The `gleaner` command. Its parts are in cli/; nothing of Electron is loaded here.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Compiling its modules is most of a short command's time. The cache lies with the code, never in a folder
// that others can write to; where it can't be written there is none.
enableCompileCache(fileURLToPath(new URL('../.cache/compile', import.meta.url)));
const { main } = await import('./cli/main.ts');
const { checkoutProgram } = await import('./program/checkout.ts');
process.exitCode = await main(checkoutProgram);
