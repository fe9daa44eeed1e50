import { GleanerError } from '../contract/index.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html); the rest of a code is detail. */
const primary = {
  busy: 5,
  readonly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
};

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('rawCode' in error) || typeof error.rawCode !== 'number')
    return undefined;
  return error.rawCode & 0xff;
}

/** Whether the statement broke a rule of the schema: a unique index, a trigger. */
export function isConstraint(error: unknown): boolean {
  return primaryCode(error) === primary.constraint;
}

/** Whether the file is not, or no longer, a sound database. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code === primary.corrupt || code === primary.notADatabase;
}

/** SQLite's errors that a person can do something about, as coded failures; the others as they are. */
export function translateSqlite(error: unknown): unknown {
  const cause = { cause: error };
  const words = error instanceof Error ? error.message : '';
  switch (primaryCode(error)) {
    case primary.full:
      return new GleanerError(
        'disk-full',
        'The disk is full.',
        'Free some space; Gleaner goes on by itself.',
        cause,
      );
    case primary.busy:
      return new GleanerError(
        'already-running',
        'Another Gleaner is using this data folder.',
        'Use the one that runs, or end it first.',
        cause,
      );
    case primary.corrupt:
    case primary.notADatabase:
      return new GleanerError(
        'ledger-damaged',
        'The file that holds the ledger and the job queue is damaged.',
        'Restart Gleaner: it sets the damaged file aside and begins a new one.',
        cause,
      );
    case primary.io:
    case primary.readonly:
    case primary.cannotOpen:
      return new GleanerError(
        'storage-failed',
        `The ledger's file cannot be read or written: ${words}`,
        'Check the disk and the permissions of the data folder.',
        cause,
      );
    default:
      return error;
  }
}
