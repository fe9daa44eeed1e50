import type { Checker } from './doctor.ts';

/** What Gleaner keeps on this computer. */
export interface StorageFacts {
  /** Where keys are kept, in words. */
  secretsPlace(): string;
  ledger(): Promise<{ readonly ok: boolean; readonly entries: number }>;
  /** On the file system of the data folder, in bytes. */
  diskFreeBytes(): Promise<number>;
  /** What nothing needs any more, in bytes. */
  disposableBytes(): Promise<number>;
  /** Deletes that, and resolves with the bytes that it freed. */
  freeDisk(): Promise<number>;
}

const lowDiskBytes = 4 * 1024 ** 3;

export const secretsChecker: Checker<'secrets', StorageFacts> = {
  id: 'secrets',
  title: 'Keys',
  check(facts) {
    const place = facts.secretsPlace();
    return Promise.resolve({ state: 'ok', code: 'kept', values: { place }, detail: `Kept in ${place}.` });
  },
};

/** Without a fix: a record that mends itself would prove nothing. */
export const ledgerChecker: Checker<'ledger', StorageFacts> = {
  id: 'ledger',
  title: 'Ledger',
  async check(facts) {
    const { ok, entries } = await facts.ledger();
    const values = { entries };
    return ok
      ? { state: 'ok', code: 'whole', values, detail: `${entries} entries, the chain is whole.` }
      : {
          state: 'failed',
          code: 'broken',
          values,
          detail: 'The chain is broken.',
          hint: 'It was changed from outside, or the disk lost some of it; what comes before still holds. See: gleaner ledger verify',
        };
  },
};

export const diskChecker: Checker<'disk', StorageFacts> = {
  id: 'disk',
  title: 'Disk space',
  async check(facts) {
    const freeBytes = await facts.diskFreeBytes();
    const values = { freeBytes };
    const detail = `${inGiB(freeBytes)} free where Gleaner keeps its data.`;
    return freeBytes < lowDiskBytes
      ? { state: 'warning', code: 'low', values, detail, hint: 'Jobs may need more; free some space.' }
      : { state: 'ok', code: 'enough', values, detail };
  },
  async fix(facts) {
    const freesBytes = await facts.disposableBytes();
    if (freesBytes === 0) return null;
    return {
      kind: 'automatic',
      code: 'free-disk',
      words: `Unused images and what ended jobs left, but for their results, are deleted: ${inGiB(freesBytes)}.`,
      freesBytes,
      cancellable: false,
      run: () => facts.freeDisk(),
    };
  },
};

function inGiB(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
