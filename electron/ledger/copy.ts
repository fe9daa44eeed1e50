import { existsSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Libsql from 'libsql';
import { syncDir } from '../base/atomic-file.ts';
import { GleanerError } from '../contract/index.ts';

/** What no job and no credit depends on: how it was, from minute to minute, and what was counted beside. */
const ofNoWeight: ReadonlySet<string> = new Set([
  'yields',
  'timeline',
  'traffic',
  'denials',
  'grid_usage',
  'migrations',
  'sqlite_sequence',
]);

/**
 * After a newer version was taken back: whether this version can read the database that it left, and what to do when it
 * cannot. `keep`: its form is that of the copy, so this version reads on in it, and nothing is lost. `copy`: its form is
 * newer, but it holds nothing that the copy does not, so the copy takes its place; so it does where there is no database,
 * which an earlier taking up has set aside before it ended. `conflict`: its form is newer, and something was booked, queued
 * or joined meanwhile.
 * @param copyPath the database as this version left it
 */
export function compareWithCopy(databasePath: string, copyPath: string): 'keep' | 'copy' | 'conflict' {
  if (!existsSync(copyPath)) return 'keep';
  if (!existsSync(databasePath)) return 'copy';
  const db = new Libsql(databasePath);
  try {
    db.pragma('busy_timeout=2000');
    // What a crash left beside it comes in first.
    db.pragma('journal_mode=DELETE');
    db.prepare('ATTACH DATABASE ? AS before').run([copyPath]);
    if (formOf(db, 'main') === formOf(db, 'before')) return 'keep';
    return tablesBefore(db).every((table) => isSame(db, table)) ? 'copy' : 'conflict';
  } finally {
    db.close();
  }
}

/**
 * Brings the database into a form that this version reads; nothing is deleted. Before the database is opened. Wherever it
 * ends, the next start takes up from there: the copy is whole and on the disk before the database is touched.
 * @returns where the newer version's database was set aside; null: it stayed, or an earlier start has set it aside
 * @throws GleanerError `storage-failed` when it holds what this version cannot read, and what the file system throws
 */
export async function takeUpAfter(
  version: string,
  paths: { readonly databasePath: string; readonly copyPath: string },
): Promise<string | null> {
  const { databasePath, copyPath } = paths;
  switch (compareWithCopy(databasePath, copyPath)) {
    case 'keep':
      return null;
    case 'conflict':
      throw new GleanerError(
        'storage-failed',
        `Version ${version} did not run well and was taken back, but it has booked work in a form that this version cannot read.`,
        'Nothing is lost: install that version or a later one by hand.',
      );
    case 'copy': {
      const aside = `${databasePath}.of-${version.replace(/[^0-9A-Za-z.+-]/g, '_')}`;
      const fresh = `${databasePath}.copied`;
      await copyDurably(copyPath, fresh);
      const isThere = existsSync(databasePath);
      if (isThere) await rename(databasePath, aside);
      await rename(fresh, databasePath);
      await syncDir(dirname(databasePath));
      return isThere ? aside : null;
    }
  }
}

async function copyDurably(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
    const file = await open(to, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

const namesIn = (db: Libsql.Database, sql: string): string[] =>
  db
    .prepare(sql)
    .all([])
    .map((row) => String((row as { name: unknown }).name));

/** Every table, index and trigger, as it was made. */
function formOf(db: Libsql.Database, schema: 'main' | 'before'): string {
  const made = `type || ' ' || name || ' ' || coalesce(sql, '')`;
  return namesIn(db, `SELECT ${made} AS name FROM ${schema}.sqlite_schema ORDER BY 1`).join('\n');
}

function tablesBefore(db: Libsql.Database): string[] {
  return namesIn(db, "SELECT name FROM before.sqlite_schema WHERE type = 'table'").filter(
    (name) => !ofNoWeight.has(name),
  );
}

/** Whether all that the copy has of a table is there now, and no more. */
function isSame(db: Libsql.Database, table: string): boolean {
  const columns = namesIn(db, `SELECT name FROM pragma_table_info(${literal(table)}, 'before')`)
    .map(quoted)
    .join(', ');
  const of = (schema: string): string => `SELECT ${columns} FROM ${schema}.${quoted(table)}`;
  const count = (schema: string): string => `(SELECT count(*) FROM ${schema}.${quoted(table)})`;
  const differs = [
    `SELECT 'rows' AS name WHERE ${count('before')} <> ${count('main')}`,
    `SELECT 'gone' AS name FROM (${of('before')} EXCEPT ${of('main')})`,
    `SELECT 'new' AS name FROM (${of('main')} EXCEPT ${of('before')})`,
  ];
  try {
    return differs.every((sql) => namesIn(db, `${sql} LIMIT 1`).length === 0);
  } catch {
    // The table or a column of it is no more.
    return false;
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
