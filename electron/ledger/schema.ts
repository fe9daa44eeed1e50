/**
 * Numbered for ever: a released step is never edited, a change is a new step. `AUTOINCREMENT` remembers the last
 * seq apart from the rows, so that entries cut off at the end are missed too. `grid`, `job` and `attempt` are
 * read out of the body, so that they cannot disagree with it; they have no type, so that SQLite's own check leaves a
 * forged body for `verify` to name.
 */
export const ledgerMigrations: readonly string[] = [
  `
  CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    booked_at INTEGER NOT NULL,
    body TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    grid ANY AS (json_extract(body, '$.grid')) VIRTUAL,
    job ANY AS (json_extract(body, '$.job')) VIRTUAL,
    attempt ANY AS (json_extract(body, '$.attempt')) VIRTUAL
  ) STRICT;
  CREATE UNIQUE INDEX ledger_attempt ON ledger (job, grid, attempt);
  CREATE INDEX ledger_booked_at ON ledger (booked_at);
  CREATE TRIGGER ledger_only_grows BEFORE INSERT ON ledger
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
  CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

  -- May be deleted (expire), never changed.
  CREATE TABLE ledger_personal (
    seq INTEGER PRIMARY KEY REFERENCES ledger (seq),
    personal TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER ledger_personal_never_changes BEFORE UPDATE ON ledger_personal
    BEGIN SELECT RAISE(ABORT, 'personal fields expire or stay as they are'); END;
  `,
  // A job's name comes from its grid, which must not be able to take one of ours of another kind.
  `
  ALTER TABLE ledger ADD COLUMN kind ANY AS (json_extract(body, '$.kind')) VIRTUAL;
  DROP INDEX ledger_attempt;
  CREATE UNIQUE INDEX ledger_entry ON ledger (job, grid, kind, attempt);
  `,
];
