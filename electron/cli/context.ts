import { GleanerError, toFailure } from '../contract/failures.ts';
import type { Program } from '../program/program.ts';
import { type Door, openDoor, type Places } from './door.ts';
import { type Ending, exitCodeOf, exitCodes } from './exit.ts';
import { type Io, ReaderGone } from './io.ts';
import { Interrupted } from './prompt.ts';
import { cleanLine, toJson } from './text.ts';

/** What every command gets. */
export interface Context extends Places {
  readonly io: Io;
  readonly program: Program;
}

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** Runs `use` with a way to a host and closes it again. Composing one is loaded only when none runs. */
export async function withDoor<T>(context: Context, use: (door: Door) => Promise<T>): Promise<T> {
  const door = await openDoor(context, async () => {
    const { composeForOneCommand } = await import('../node-host.ts');
    return await composeForOneCommand(context.paths, context.program);
  });
  try {
    return await use(door);
  } finally {
    await door.close();
  }
}

/** Says that what was asked has no effect yet, where a person could think otherwise. */
export function tellIfNotRunning(io: Io, json: boolean, { isRunning }: Door): void {
  if (!isRunning && !json) io.err('Gleaner is not running: nothing happens before it starts.\n');
}

/** Prints a value: as JSON when asked for, else in the words that `words` makes. */
export async function print<T>(io: Io, json: boolean, value: T, words: (value: T) => string): Promise<void> {
  await io.out(`${json ? toJson(value) : words(value)}\n`);
}

/** Runs a command to its exit code; failures go to stderr, as JSON (one value) where that was asked for. */
export async function toExitCode(
  io: Io,
  json: boolean,
  command: () => Promise<Ending | undefined>,
): Promise<number> {
  try {
    return exitCodes[(await command()) ?? 'ok'].code;
  } catch (error) {
    if (error instanceof ReaderGone) return exitCodes.ok.code;
    if (error instanceof Interrupted) return exitCodes.interrupted.code;
    const failure = toFailure(error);
    if (json) {
      io.err(`${toJson({ failure })}\n`);
    } else {
      io.err(`gleaner: ${failure.code}: ${cleanLine(failure.sentence)}\n`);
      if (failure.hint !== undefined) io.err(`hint: ${cleanLine(failure.hint)}\n`);
    }
    return error instanceof UsageError ? exitCodes.usage.code : exitCodeOf(failure.code);
  }
}

/** The failure of using a command in a way that it does not have. */
export class UsageError extends GleanerError {
  constructor(sentence: string, hint: string) {
    super('bad-request', sentence, hint);
  }
}
