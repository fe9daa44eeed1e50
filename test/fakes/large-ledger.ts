import { createHash } from 'node:crypto';
import { canonicalJson, sha256Digest } from '../../electron/base/canonical-json.ts';
import type { AttemptBody, EntryBody, EntryPersonal } from '../../electron/contract/index.ts';
import { genesis, hashLink } from '../../electron/ledger/chain.ts';
import type { Database } from '../../electron/ledger/database.ts';
import { ledgerMigrations } from '../../electron/ledger/schema.ts';

/** What a plausible ledger is made of. */
export interface LargeLedger {
  readonly entries: number;
  /** Epoch ms at which the last entry was booked. */
  readonly until: number;
  /** Over how many days the entries are spread, evenly; by default a year. */
  readonly days?: number;
}

const dayMs = 86_400_000;
const asteroids = 'boinc-asteroids-example-org-7f3a';
const folding = 'boinc-proteins-example-net-19c2';
const applications = ['Orbit fitting', 'Period search', 'Lightcurve 3.2', 'Größenbestimmung'];

/**
 * Fills an empty ledger, in one transaction, with entries of all kinds as a computer in use books them, chained so that
 * `verify` passes: an embedded grid in points, two projects in credit, failures and interruptions, networks by the
 * hour, energy by both models, the oldest twentieth without (booked before it was estimated). The same every time. Some
 * four seconds for 100,000.
 */
export function fillLedger(database: Database, { entries, until, days = 365 }: LargeLedger): void {
  database.migrate('ledger', ledgerMigrations);
  const random = seeded(1);
  database.transaction(() => {
    let previous = genesis;
    for (let seq = 1; seq <= entries; seq += 1) {
      const bookedAt = until - Math.round(((entries - seq) * days * dayMs) / entries);
      const { body, personal } = entryOf(seq, bookedAt, seq > entries / 20, random);
      const personalText = canonicalJson({ ...personal, salt: sha256Hex(`salt ${seq}`).slice(0, 32) });
      const text = canonicalJson({ ...body, personalDigest: sha256Digest(personalText) });
      const hash = hashLink({ seq, bookedAt, body: text, previous });
      database.run(
        'INSERT INTO ledger (seq, booked_at, body, previous, hash) VALUES (?, ?, ?, ?, ?)',
        seq,
        bookedAt,
        text,
        previous,
        hash,
      );
      database.run('INSERT INTO ledger_personal (seq, personal) VALUES (?, ?)', seq, personalText);
      previous = hash;
    }
  });
}

interface Made {
  readonly body: EntryBody extends infer Body
    ? Body extends EntryBody
      ? Omit<Body, 'personalDigest'>
      : never
    : never;
  readonly personal: EntryPersonal;
}

function entryOf(seq: number, bookedAt: number, withEnergy: boolean, random: () => number): Made {
  const kind = random();
  const project = random() < 0.6 ? asteroids : folding;
  if (kind < 0.06) {
    return {
      body: {
        kind: 'network',
        grid: project,
        job: `network:${bookedAt - 3_600_000}-${seq}`,
        attempt: 1,
        startedAt: bookedAt - 3_600_000,
        endedAt: bookedAt,
        hosts: ['scheduler', 'download', 'upload'].map((name) => ({
          host: `${name}.${project === asteroids ? 'asteroids.example.org' : 'proteins.example.net'}:443`,
          sent: Math.round(random() * 2e6),
          received: Math.round(random() * 4e7),
        })),
        denied: random() < 0.1 ? 1 : 0,
        credit: null,
      },
      personal: { title: project, owner: project },
    };
  }
  if (kind < 0.2) {
    const from = seq * 10;
    const amount = Math.round(random() * 4000) / 16;
    return {
      body: {
        kind: 'credit',
        grid: project,
        job: `credit:4711:${from}:${from + amount}`,
        attempt: 1,
        startedAt: bookedAt - 1000,
        endedAt: bookedAt,
        hosts: [],
        hostId: '4711',
        from,
        to: from + amount,
        credit: { amount, unit: 'cobblestones', status: 'observed' },
      },
      personal: { title: 'Credit for computer 4711', owner: project },
    };
  }
  return attemptOf(seq, bookedAt, withEnergy, random);
}

function attemptOf(seq: number, bookedAt: number, withEnergy: boolean, random: () => number): Made {
  const local = random() < 0.3;
  const fate = random();
  const outcome = fate < 0.9 ? 'done' : fate < 0.94 ? 'failed' : fate < 0.97 ? 'aborted' : 'interrupted';
  const wallSeconds = 60 + Math.round(random() * 12_000);
  const cpuSeconds = Math.round(wallSeconds * (0.4 + random() * 0.6) * 4) / 4;
  const frozenSeconds = Math.round(random() * 600);
  const grid = local ? 'local' : random() < 0.6 ? asteroids : folding;
  const application = applications[Math.floor(random() * applications.length)] ?? '';
  const energy: Pick<AttemptBody, 'energy'> = withEnergy
    ? {
        energy:
          random() < 0.5
            ? { wattHours: cpuSeconds / 512, model: 'rapl' }
            : { wattHours: cpuSeconds / 256, model: 'cpu-time' },
      }
    : {};
  return {
    body: {
      kind: 'attempt',
      grid,
      job: local ? `job-${seq}` : `wu_${seq}_${Math.floor(random() * 4)}`,
      attempt: 1,
      outcome,
      failure: outcome === 'failed' ? 'job-exited' : outcome === 'done' ? null : 'job-interrupted',
      startedAt: bookedAt - (wallSeconds + frozenSeconds) * 1000,
      endedAt: bookedAt,
      wallSeconds,
      frozenSeconds,
      cpuSeconds,
      memoryPeakBytes: Math.round(random() * 5e8),
      appliance: digestOf(grid),
      documentDigest: local ? digestOf(`document ${seq}`) : 'none',
      inputDigest: local ? digestOf(`input ${seq}`) : 'none',
      resultDigest: local && outcome === 'done' ? digestOf(`result ${seq}`) : null,
      accelerator: 'kvm',
      hosts:
        local && random() < 0.1 ? [{ host: 'data.example.com:443', sent: 12_345, received: 6_789_012 }] : [],
      credit:
        local && outcome === 'done'
          ? {
              amount: Math.round(random() * 80) / 16,
              unit: 'points',
              status: random() < 0.9 ? 'settled' : 'pending',
            }
          : null,
      ...energy,
    },
    personal: local
      ? { title: `Option book ${(seq % 400) + 1} of 400`, owner: 'me' }
      : { title: `${application}: wu_${seq}`, owner: grid === asteroids ? 'Asteroids' : 'Proteins' },
  };
}

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const digestOf = (text: string): string => `sha256:${sha256Hex(text)}`;

/** Numbers of 0…1 (mulberry32), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
