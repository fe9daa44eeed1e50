import { GleanerError } from '../contract/failures.ts';
import { UsageError } from './context.ts';
import type { Io } from './io.ts';

/** Longer than any password or key, in bytes. */
const maxSecretBytes = 4096;

/**
 * A secret out of stdin, or asked for on the terminal without showing it; never out of the arguments, which others
 * on the computer can read. `label` names it, `how` is the way to give it through a pipe.
 */
export async function readSecret(io: Io, label: string, fromStdin: boolean, how: string): Promise<string> {
  if (!fromStdin && !io.canAsk) {
    throw new UsageError(`${label}: nobody can be asked here, and stdin was not named.`, how);
  }
  const given = fromStdin ? await io.readIn(maxSecretBytes) : ((await io.ask(`${label}: `, true)) ?? '');
  const secret = given.replace(/\r?\n$/, '');
  if (secret === '' || /[\r\n]/.test(secret)) {
    throw new UsageError(`${label}: exactly one line that is not empty is needed.`, how);
  }
  return secret;
}

/** A line that is no secret, if it was not given already. */
export async function readLine(
  io: Io,
  label: string,
  given: string | undefined,
  how: string,
): Promise<string> {
  const line = given ?? (io.canAsk ? await io.ask(`${label}: `, false) : null);
  if (line === null || line.trim() === '') throw new UsageError(`${label} is missing.`, how);
  return line.trim();
}

/**
 * Goes on only with consent: `given` by an option, or by a person at the terminal.
 * @throws GleanerError `consent-required`
 */
export async function needConsent(io: Io, given: boolean, question: string, option: string): Promise<void> {
  if (given) return;
  if (!io.canAsk) {
    throw new GleanerError('consent-required', 'This needs your consent.', `Say ${option} if you agree.`);
  }
  const answer = (await io.ask(`${question} [y/N] `, false))?.trim().toLowerCase();
  if (answer === 'y' || answer === 'yes') return;
  throw new GleanerError('consent-required', 'Nothing was done: you did not agree.');
}
