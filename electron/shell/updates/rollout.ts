import { createHash } from 'node:crypto';

/**
 * Where an installation stands in the rollout of a version, 0…100: the same at every look, and another for another
 * version, so that it is not always the same people who try things first. Pure.
 * @param id random, of this installation; it never leaves the computer
 */
export function rolloutPlace(id: string, version: string): number {
  const digest = createHash('sha256').update(`${id} ${version}`).digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}

/** Whether a version that so many percent may have by now is for this installation, too. Pure. */
export function isInRollout(id: string, version: string, percentage: number | undefined): boolean {
  return percentage === undefined || rolloutPlace(id, version) < percentage;
}
