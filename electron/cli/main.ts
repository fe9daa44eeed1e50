import { homedir } from 'node:os';
import { systemClock } from '../base/clock.ts';
import { resolvePaths, resolveServicePaths } from '../base/paths.ts';
import type { Program } from '../program/program.ts';
import { platformProfiles } from '../settings/profiles/platform.ts';
import { processIo } from './io.ts';
import { runProgram } from './program.ts';

/** Runs the command with this process's arguments, streams and folders. Returns the exit code. */
export async function main(program: Program): Promise<number> {
  const { platform, env, argv } = process;
  const uid = process.getuid?.();
  const paths = resolvePaths({ platform, home: homedir(), uid, env });
  const machine = {
    profiles: platformProfiles({ platform, uid, env, clock: systemClock }),
    servicePaths: resolveServicePaths({ platform, uid, env }),
  };
  return await runProgram(argv.slice(2), { io: processIo(), paths, program, machine });
}
