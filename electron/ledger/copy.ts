import { existsSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import Libsql from 'libsql';
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
 * newer, but it holds nothing that the copy does not, so the copy takes its place. `conflict`: its form is newer, and
 * something was booked, queued or joined meanwhile.
 * @param copyPath the database as this version left it
 */
export function compareWithCopy(databasePath: string, copyPath: string): 'keep' | 'copy' | 'conflict' {
  if (!existsSync(copyPath) || !existsSync(databasePath)) return 'keep';
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
 * Brings the database into a form that this version reads; nothing is deleted. Before the database is opened.
 * @returns where the newer version's database was set aside; null: it stayed
 * @throws GleanerError `storage-failed` when it holds what this version cannot read
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
      await rename(databasePath, aside);
      await copyFile(copyPath, databasePath);
      return aside;
    }
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
