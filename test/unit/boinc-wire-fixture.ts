import { type Failure, GleanerError } from '../../electron/contract/failures.ts';
import type { FakePage, FakeSite } from '../fakes/fake-web.ts';

/** The failure that `act` throws. */
export function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof GleanerError) return error.toFailure();
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The failure that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GleanerError) return error.toFailure();
    throw error;
  }
  throw new Error('it did not reject');
}

/** A site of pages by path. */
export const site =
  (pages: Readonly<Record<string, FakePage>>): FakeSite =>
  ({ url }) =>
    pages[new URL(url).pathname] ?? { status: 404, body: 'none' };
