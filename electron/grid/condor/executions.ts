import type { PoolTariff } from '../../contract/index.ts';
import { charge } from '../../contract/pool-charge.ts';
import type { NodeJob, NodeRecord } from './messages.ts';
import type { SeenExecution } from './store-rows.ts';

/** Where and when a look was taken. */
export interface LookPlace {
  /** Epoch ms. */
  readonly now: number;
  /** How long the machine has stood frozen so far, in s, and since when that is counted. */
  readonly frozenSeconds: number;
  readonly accelerator: string;
  readonly appliance: string;
  readonly tariff: PoolTariff | null;
}

const keyOf = ({ job, run }: { readonly job: string; readonly run: number }): string => `${run} ${job}`;

/** What is known of a node's executions: those that run, and how long the machine had stood frozen when each was seen first. */
export class Executions {
  readonly #open = new Map<string, SeenExecution>();
  readonly #frozenBefore = new Map<string, number>();

  /** @param open those that an earlier look left open */
  constructor(open: readonly SeenExecution[]) {
    for (const execution of open) this.#open.set(keyOf(execution), execution);
  }

  open(): SeenExecution[] {
    return [...this.#open.values()];
  }

  /** Takes what a look tells; returns what is new of it, to be remembered, those that ended with their end. */
  take(jobs: readonly NodeJob[], records: readonly NodeRecord[], place: LookPlace): SeenExecution[] {
    const news: SeenExecution[] = [];
    for (const job of jobs) {
      const key = keyOf(job);
      const before = this.#open.get(key);
      const seen: SeenExecution = {
        ...fieldsOf(job, before, this.#frozenOf(key, before, place)),
        slot: job.slot,
        state: 'running',
        endedAt: null,
        undelivered: false,
        exitCode: null,
        exitSignal: null,
        accelerator: place.accelerator,
        appliance: place.appliance,
        amount: null,
        unit: null,
        settled: false,
      };
      this.#open.set(key, seen);
      if (!before) news.push(seen);
    }
    for (const record of records) {
      const key = keyOf(record);
      const before = this.#open.get(key);
      const fields = fieldsOf(record, before, this.#frozenOf(key, before, place));
      const failed = record.end === 'done' && (record.exitSignal ?? record.exitCode ?? 0) !== 0;
      news.push(
        priced(
          {
            ...fields,
            slot: before?.slot ?? '',
            state:
              record.end === 'evicted'
                ? 'evicted'
                : record.end === 'undelivered'
                  ? 'lost'
                  : failed
                    ? 'failed'
                    : 'done',
            endedAt: record.endedAt,
            undelivered: record.end === 'undelivered',
            exitCode: record.exitCode,
            exitSignal: record.exitSignal,
            accelerator: place.accelerator,
            appliance: place.appliance,
            amount: null,
            unit: null,
            settled: false,
          },
          place.tariff,
        ),
      );
      this.#open.delete(key);
      this.#frozenBefore.delete(key);
    }
    return news;
  }

  /** The machine is gone, and with it whatever still ran on it: nobody will tell of its end. */
  lose({ now, tariff }: Pick<LookPlace, 'now' | 'tariff'>): SeenExecution[] {
    const lost = this.open().map((execution) =>
      priced({ ...execution, state: 'lost' as const, endedAt: Math.max(execution.startedAt, now) }, tariff),
    );
    this.#open.clear();
    this.#frozenBefore.clear();
    return lost;
  }

  /** By slot, for those that were seen before a freeze: seconds that each stood frozen. */
  frozen(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.open()
        .filter(({ slot, frozenSeconds }) => slot !== '' && frozenSeconds >= 1)
        .map(({ slot, frozenSeconds }) => [slot, Math.round(frozenSeconds)]),
    );
  }

  #frozenOf(key: string, before: SeenExecution | undefined, { frozenSeconds }: LookPlace): number {
    const start = this.#frozenBefore.get(key);
    // One that an earlier host has seen goes on from what that one remembered.
    if (start === undefined) this.#frozenBefore.set(key, frozenSeconds - (before?.frozenSeconds ?? 0));
    return Math.max(0, frozenSeconds - (this.#frozenBefore.get(key) ?? frozenSeconds));
  }
}

function fieldsOf(
  job: Omit<NodeJob, 'slot'>,
  before: SeenExecution | undefined,
  frozenSeconds: number,
): Omit<
  SeenExecution,
  | 'slot'
  | 'state'
  | 'endedAt'
  | 'undelivered'
  | 'exitCode'
  | 'exitSignal'
  | 'accelerator'
  | 'appliance'
  | 'amount'
  | 'unit'
  | 'settled'
> {
  return {
    job: job.job,
    run: job.run,
    name: job.name,
    owner: job.owner || (before?.owner ?? ''),
    program: job.program || (before?.program ?? ''),
    group: job.group ?? before?.group ?? null,
    cores: before?.cores ?? job.cores,
    memoryBytes: before?.memoryBytes ?? job.memoryBytes,
    startedAt: before?.startedAt ?? job.startedAt,
    // What a history says at the end can be less than what was seen before.
    cpuSeconds: Math.max(job.cpuSeconds, before?.cpuSeconds ?? 0),
    residentPeakBytes: Math.max(job.residentBytes, before?.residentPeakBytes ?? 0),
    frozenSeconds,
    progress: job.progress ?? before?.progress ?? null,
    deadline: job.deadline ?? before?.deadline ?? null,
    bytesSent: Math.max(job.bytesSent, before?.bytesSent ?? 0),
    bytesReceived: Math.max(job.bytesReceived, before?.bytesReceived ?? 0),
  };
}

/** With what it earns by our own metering. One whose results nobody got earns nothing here; the pool's statement decides. */
function priced(execution: SeenExecution, tariff: PoolTariff | null): SeenExecution {
  if (!tariff) return execution;
  const endedAt = execution.endedAt ?? execution.startedAt;
  const charged = charge(
    {
      startedAt: execution.startedAt,
      endedAt,
      frozenMs: Math.round(execution.frozenSeconds * 1000),
      milliCores: Math.round(execution.cores * 1000),
      memoryMib: Math.round(execution.memoryBytes / 1024 ** 2),
      group: execution.group?.toLowerCase() ?? null,
      deadlineAt: execution.deadline,
    },
    tariff,
  );
  const amount = execution.state === 'lost' ? 0 : Number(charged.amount);
  return { ...execution, amount, unit: tariff.unit };
}
