import { type Failure, GleanerError } from '../../electron/contract/failures.ts';

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
