#!/usr/bin/env node
// The `gleaner` command. Its parts are in cli/; nothing of Electron is loaded here.
import { homedir } from 'node:os';
import { resolvePaths } from './base/paths.ts';
import { processIo } from './cli/io.ts';
import { runProgram } from './cli/program.ts';
import { readVersion } from './cli/version.ts';

const { platform, env, argv } = process;
const paths = resolvePaths({ platform, home: homedir(), uid: process.getuid?.(), env });
process.exitCode = await runProgram(argv.slice(2), readVersion(), { io: processIo(), paths });
