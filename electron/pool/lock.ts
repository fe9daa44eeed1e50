import { join } from 'node:path';
import Libsql from 'libsql';
import { GleanerError } from '../contract/failures.ts';

/**
 * Keeps two commands from changing one catalog at once. The lock is SQLite's on an empty database, `DIR/catalog.lock`: the
 * system lets go of it when its process ends in whatever way, so that none is ever left over. Returns what lets go.
 * @throws GleanerError `already-running`
 */
export function lockCatalog(dirPath: string): () => void {
  let db: Libsql.Database | undefined;
  try {
    db = new Libsql(join(dirPath, 'catalog.lock'));
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const isBusy = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
    throw isBusy
      ? new GleanerError(
          'already-running',
          'Another command is changing this catalog.',
          'Wait until it is done.',
          {
            cause: error,
          },
        )
      : new GleanerError(
          'storage-failed',
          'The catalog could not be locked: is its folder yours to write?',
          undefined,
          {
            cause: error,
          },
        );
  }
  const held = db;
  return () => {
    held.close();
  };
}
