import type { ZodType } from 'zod';
import type { Log } from '../base/log.ts';
import {
  type Answer,
  type CommandName,
  type CommandOutput,
  type CommandParsed,
  type Commands,
  commands,
  type DownloadCommandName,
  type HostApi,
  type PlainCommandName,
  type UploadCommandName,
} from '../contract/commands.ts';
import { GleanerError, toFailure } from '../contract/failures.ts';
import { describeIssues } from '../contract/issues.ts';

/**
 * Largest input of a command in bytes of JSON: twice the longest text that one takes, for what JSON escapes. Streams
 * beside the input are bounded by the host.
 */
export const maxInputBytes = (2 * 256 + 1) * 1024;

type Stream = Commands[CommandName]['stream'];

/** How this command streams; undefined when there is no such command. */
export function streamOf(name: string): Stream | undefined {
  return isCommandName(name) ? commands[name].stream : undefined;
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

function isPlain(name: string): name is PlainCommandName {
  return streamOf(name) === 'none';
}

function isUpload(name: string): name is UploadCommandName {
  return streamOf(name) === 'upload';
}

function isDownload(name: string): name is DownloadCommandName {
  return streamOf(name) === 'download';
}

/**
 * The input of a command, parsed by the contract's table with its defaults filled in.
 * @throws GleanerError `bad-request`
 */
export function parseInput<N extends CommandName>(name: N, input: unknown): CommandParsed<N> {
  const schema: ZodType = commands[name].input;
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    throw new GleanerError(
      'bad-request',
      `The input of "${name}" is not valid: ${describeIssues(parsed.error.issues)}`,
    );
  }
  // The table pairs this schema with this name; TypeScript cannot follow that through a generic index.
  return parsed.data as CommandParsed<N>;
}

/**
 * The output of a command, parsed by the contract's table.
 * @throws GleanerError `internal` when it does not fit: another version, or a bug
 */
export function parseOutput<N extends CommandName>(name: N, output: unknown): CommandOutput<N> {
  const schema: ZodType = commands[name].output;
  const parsed = schema.safeParse(output);
  if (!parsed.success) {
    throw new GleanerError(
      'internal',
      `The answer of "${name}" does not fit the contract: ${describeIssues(parsed.error.issues)}`,
      'Use the same version of Gleaner on both sides.',
    );
  }
  return parsed.data as CommandOutput<N>;
}

/** Any thrown value as an Answer. What nobody threw on purpose is a bug and goes to the log. */
export function failureAnswer(error: unknown, name: string, log: Log): Answer<never> {
  const failure = toFailure(error);
  if (failure.code === 'internal') {
    log.warn('control', 'a command failed unexpectedly', { name, words: failure.sentence });
  }
  return { ok: false, failure };
}

/** Length of a value as JSON (in a list, so that undefined has one too); infinite when it has no such form (what IPC carries may be cyclic). */
function jsonLength(value: unknown): number {
  try {
    return JSON.stringify([value]).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function noSuchCommand(name: string): GleanerError {
  return new GleanerError('bad-request', `There is no command "${name.slice(0, 80)}".`);
}

function otherwise(name: string, streams: Stream): GleanerError {
  return new GleanerError('bad-request', `"${name}" is not asked this way: it streams (${streams}).`);
}

/**
 * Whether this is a command that streams bytes back, and its input fits: to be known before a person is asked anything.
 * @throws GleanerError `bad-request` when not
 */
export function requireDownload(name: string, input: unknown): void {
  if (!isDownload(name)) throw refusal(name);
  requireSmall(name, input);
  parseInput(name, input);
}

function requireSmall(name: string, input: unknown): void {
  if (jsonLength(input) > maxInputBytes) {
    throw new GleanerError('bad-request', `The input of "${name}" is too large.`);
  }
}

/** Runs one command that streams nothing. Never rejects. */
export async function dispatchPlain(
  api: HostApi,
  log: Log,
  name: string,
  input: unknown,
): Promise<Answer<unknown>> {
  try {
    if (!isPlain(name)) throw refusal(name);
    requireSmall(name, input);
    const value = await api.call(name, parseInput(name, input));
    return { ok: true, value: parseOutput(name, value) };
  } catch (error) {
    return failureAnswer(error, name, log);
  }
}

/** Runs one command that takes a stream of bytes beside its input. Never rejects. */
export async function dispatchUpload(
  api: HostApi,
  log: Log,
  name: string,
  input: unknown,
  body: AsyncIterable<Uint8Array>,
): Promise<Answer<unknown>> {
  try {
    if (!isUpload(name)) throw refusal(name);
    const value = await api.upload(name, parseInput(name, input), body);
    return { ok: true, value: parseOutput(name, value) };
  } catch (error) {
    return failureAnswer(error, name, log);
  }
}

/** Starts one command that answers with a stream of bytes. Never rejects; the stream itself may fail later. */
export async function dispatchDownload(
  api: HostApi,
  log: Log,
  name: string,
  input: unknown,
): Promise<Answer<AsyncIterable<Uint8Array>>> {
  try {
    if (!isDownload(name)) throw refusal(name);
    return { ok: true, value: await api.download(name, parseInput(name, input)) };
  } catch (error) {
    return failureAnswer(error, name, log);
  }
}

function refusal(name: string): GleanerError {
  const streams = streamOf(name);
  return streams === undefined ? noSuchCommand(name) : otherwise(name, streams);
}
