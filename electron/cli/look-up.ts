import type { CommandOutput } from '../contract/commands.ts';
import { GleanerError } from '../contract/failures.ts';
import type { Door } from './door.ts';
import { projectUrl } from './names.ts';

/** Asks an address what it is; where a private one was refused, the way to say that it is the company's is told. */
export async function lookUp(
  door: Door,
  address: string,
  allowPrivate: boolean,
): Promise<CommandOutput<'grids.lookup'>> {
  try {
    return await door.call('grids.lookup', { url: projectUrl(address), allowPrivate });
  } catch (error) {
    if (!(error instanceof GleanerError) || error.code !== 'egress-denied' || allowPrivate) throw error;
    const hint = error.hint ?? "If it is on your company's network, say --on-company-network.";
    throw new GleanerError(error.code, error.message, hint, { cause: error });
  }
}
