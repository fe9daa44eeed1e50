import { homedir } from 'node:os';
import { resolvePaths } from '../base/paths.ts';
import type { Program } from '../program/program.ts';
import { processIo } from './io.ts';
import { runProgram } from './program.ts';

/** Runs the command with this process's arguments, streams and folders. Returns the exit code. */
export async function main(program: Program): Promise<number> {
  const { platform, env, argv } = process;
  const paths = resolvePaths({ platform, home: homedir(), uid: process.getuid?.(), env });
  return await runProgram(argv.slice(2), { io: processIo(), paths, program });
}
