/**
 * Numbered for ever: a released step is never edited, a change is a new step. `AUTOINCREMENT` remembers the last
 * seq apart from the rows, so that entries cut off at the end are missed too. `grid`, `job` and `attempt` are
 * read out of the body, so that they cannot disagree with it; they have no type, so that SQLite's own check leaves a
 * forged body for `verify` to name. `ledger_facts` is what was read out of bodies when they were booked: `verify` compares.
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
  // Sums and searches walk all entries: what they read lies beside the bodies, which are ten times as large.
  `
  CREATE VIEW ledger_readable AS SELECT
    seq, booked_at,
    json_extract(body, '$.grid') AS grid,
    json_extract(body, '$.kind') AS kind,
    json_extract(body, '$.job') AS job,
    json_extract(body, '$.outcome') AS outcome,
    json_extract(body, '$.hosts') AS hosts,
    json_extract(body, '$.credit.unit') AS unit,
    json_extract(body, '$.credit.status') AS status,
    json_extract(body, '$.credit.amount') AS amount,
    json_extract(body, '$.cpuSeconds') AS cpu_seconds,
    json_extract(body, '$.wallSeconds') AS wall_seconds,
    json_extract(body, '$.energy.wattHours') AS watt_hours,
    json_extract(body, '$.energy.model') AS energy_model
  FROM ledger;
  CREATE TABLE ledger_facts (
    seq INTEGER PRIMARY KEY REFERENCES ledger (seq),
    booked_at INTEGER NOT NULL,
    grid ANY, kind ANY, job ANY, outcome ANY, hosts ANY, unit ANY, status ANY, amount ANY,
    cpu_seconds ANY, wall_seconds ANY, watt_hours ANY, energy_model ANY,
    -- The personal fields: they go when those go.
    title ANY, owner ANY
  ) STRICT;
  INSERT INTO ledger_facts SELECT r.*, json_extract(p.personal, '$.title'), json_extract(p.personal, '$.owner')
    FROM ledger_readable r LEFT JOIN ledger_personal p ON p.seq = r.seq;
  CREATE INDEX ledger_facts_booked_at ON ledger_facts (booked_at);
  DROP INDEX ledger_booked_at;
  CREATE TRIGGER ledger_is_read AFTER INSERT ON ledger
    BEGIN INSERT INTO ledger_facts SELECT *, NULL, NULL FROM ledger_readable WHERE seq = NEW.seq; END;
  CREATE TRIGGER ledger_personal_is_read AFTER INSERT ON ledger_personal
    BEGIN UPDATE ledger_facts SET
      title = json_extract(NEW.personal, '$.title'), owner = json_extract(NEW.personal, '$.owner')
      WHERE seq = NEW.seq; END;
  CREATE TRIGGER ledger_personal_is_forgotten AFTER DELETE ON ledger_personal
    BEGIN UPDATE ledger_facts SET title = NULL, owner = NULL WHERE seq = OLD.seq; END;
  `,
];
