import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProjectRecord } from '../../electron/grid/boinc/record.ts';
import { storeSteps } from '../../electron/grid/boinc/store-types.ts';
import { clientProject, clientTask, nothingSeen, runningTask } from '../fakes/fake-boinc-engine.ts';
import { recordChild, takeLooks } from './boinc-run-child.ts';
import { projectUrl, StoreFixture } from './boinc-run-fixture.ts';

let dir = '';
let fixture: StoreFixture;
let id = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-boinc-'));
  fixture = new StoreFixture(dir);
});
afterEach(() => {
  fixture.close();
  rmSync(dir, { recursive: true, force: true });
});

function restart(): void {
  fixture.close();
  fixture = new StoreFixture(dir, fixture.clock);
}

const place = { frozenSeconds: 0, accelerator: 'tcg', applianceDigest: 'sha256:1' };

describe('credit', () => {
  const observe = (total: number, host = '7') => fixture.store.credit.observe(id, 'Upper', host, total);

  beforeEach(() => {
    id = fixture.join();
  });

  test('a rise is booked as observed, a fall as a correction, a repeat not at all', () => {
    for (const total of [0, 0, 10.5, 10.5, 30, 25, 25]) observe(total);
    expect(fixture.booked()).toEqual([
      'credit:7:0:10.5 1 10.5',
      'credit:7:10.5:30 1 19.5',
      'credit:7:30:25 1 -5',
    ]);
    expect(fixture.entries()[0]).toMatchObject({
      body: {
        kind: 'credit',
        grid: id,
        hostId: '7',
        credit: { amount: 10.5, unit: 'credit', status: 'observed' },
      },
      personal: { title: 'Credit for computer 7', owner: 'Upper' },
    });
  });

  test('the same change, when it comes again, is another attempt', () => {
    for (const total of [0, 10, 0, 10, 0, 10]) observe(total);
    expect(fixture.booked()).toEqual([
      'credit:7:0:10 1 10',
      'credit:7:10:0 1 -10',
      'credit:7:0:10 2 10',
      'credit:7:10:0 2 -10',
      'credit:7:0:10 3 10',
    ]);
  });

  test('what a host had before it was seen is not booked, whatever number the project gives us', () => {
    observe(5000);
    observe(5001.25);
    observe(0, '8');
    observe(2, '8');
    expect(fixture.booked()).toEqual(['credit:7:5000:5001.25 1 1.25', 'credit:8:0:2 1 2']);
  });

  test('a project that is left and joined again goes on from where its host stood', () => {
    observe(0);
    observe(10);
    fixture.store.left(id);
    expect(fixture.join()).toBe(id);
    observe(10);
    observe(15);
    expect(fixture.booked()).toEqual(['credit:7:0:10 1 10', 'credit:7:10:15 1 5']);
  });

  test('whatever totals come, across restarts, the bookings add up to what was gained, each once', () => {
    const total = fc
      .integer({ min: 0, max: 1e12 })
      .map((micro) => micro / 1e6)
      .filter((value) => Number.isFinite(value));
    const steps = fc.array(fc.oneof(total, fc.constantFrom(0, 10, 20, 30), fc.constant('restart' as const)), {
      maxLength: 20,
    });
    let run = 0;
    fc.assert(
      fc.property(steps, (sequence) => {
        run += 1;
        const host = `h${run}`;
        const before = fixture.entries().length;
        const totals = sequence.filter((step) => step !== 'restart');
        for (const step of sequence) {
          if (step === 'restart') restart();
          else observe(step, host);
        }
        const entries = fixture.ledger.list({ limit: 1000 }).reverse().slice(before);
        const sum = entries.reduce((all, { body }) => all + (body.credit?.amount ?? 0), 0);
        expect(sum).toBeCloseTo((totals.at(-1) ?? 0) - (totals[0] ?? 0), 5);
        const changes = totals.filter((now, n) => n > 0 && now !== totals[n - 1]);
        expect(entries).toHaveLength(changes.length);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a host that is killed', () => {
  const deaths = storeSteps.flatMap((step) => [1, 2, 3, 4].map((times) => [step, times] as const));

  test.each(deaths)('at "%s" (time %i) loses and doubles nothing', async (step, times) => {
    fixture.close();
    const child = spawn(process.execPath, [recordChild, dir, step, String(times)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    fixture = new StoreFixture(dir);
    const [project] = fixture.store.projects();
    if (!project) throw new Error('not joined');
    takeLooks(fixture, project.id);
    const booked = fixture.booked();
    expect(booked.filter((entry) => !entry.startsWith('credit')).sort()).toEqual(['a 1 done', 'b 1 done']);
    const credit = fixture
      .entries()
      .flatMap(({ body }) => (body.kind === 'credit' ? [body.credit.amount] : []));
    expect(credit.reduce((sum, amount) => sum + amount, 0)).toBe(20);
    expect(fixture.store.tasks.counts(project.id)).toEqual({ done: 2, failed: 0, aborted: 0 });
    expect(fixture.store.tasks.listed(project.id)).toEqual([]);
    expect(await fixture.ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('what is remembered', () => {
  const project = clientProject(projectUrl, { hostId: '7' });
  const take = (record: ProjectRecord, ...tasks: ReturnType<typeof clientTask>[]) => {
    record.take({ ...nothingSeen, projects: [project], tasks }, project, place);
  };
  let record: ProjectRecord;
  const again = (): void => {
    record = new ProjectRecord(id, fixture.store, fixture.clock);
  };

  beforeEach(() => {
    id = fixture.join();
    again();
  });

  test('a task that is gone when the next host looks is booked with what was seen of it last', () => {
    take(record, clientTask('a', { ...runningTask, cpuSeconds: 10, elapsedSeconds: 12 }));
    take(record, clientTask('a', { state: 4, cpuSeconds: 11, elapsedSeconds: 13 }));
    restart();
    again();
    expect(record.open()).toMatchObject([{ name: 'a', state: 4 }]);
    take(record);
    expect(fixture.booked()).toEqual(['a 1 done']);
    expect(fixture.entries()[0]).toMatchObject({
      body: { kind: 'attempt', cpuSeconds: 11, wallSeconds: 13, credit: null, accelerator: 'tcg' },
      personal: { title: 'Upper case: a', owner: 'Upper' },
    });
  });

  test('figures are written once a minute, changes at once', () => {
    const writes: number[] = [];
    fixture.onStep = (step) => {
      if (step === 'record-committed') writes.push(fixture.clock.monotonic() / 1000);
    };
    for (let second = 0; second <= 120; second += 3) {
      take(record, clientTask('a', { ...runningTask, cpuSeconds: second + 1, elapsedSeconds: second + 1 }));
      if (second === 30) take(record, clientTask('a', { state: 4 }));
      fixture.clock.advance(3000);
    }
    // The host's first total; the task's first look; its end of computing and its running again; two minutes.
    expect(writes).toEqual([0, 0, 30, 33, 93]);
  });

  test('a write that fails leaves nothing half done, and the next look makes up for it', () => {
    take(record, clientTask('a', { ...runningTask, cpuSeconds: 1, elapsedSeconds: 1 }));
    fixture.onStep = (step) => {
      if (step === 'record-booked') throw new Error('the disk is gone');
    };
    const done = clientTask('a', { state: 5, cpuSeconds: 2, elapsedSeconds: 2 });
    expect(() => {
      take(record, done);
    }).toThrow('the disk is gone');
    expect(fixture.booked()).toEqual([]);
    expect(record.open()).toHaveLength(1);
    fixture.onStep = () => undefined;
    take(record, done);
    take(record);
    expect(fixture.booked()).toEqual(['a 1 done']);
  });

  test('a guest that tells ever new tasks books no more than a thousand at once, and a thousand in an hour', () => {
    const flood = (wave: number) =>
      Array.from({ length: 1000 }, (_, n) =>
        clientTask(`${wave}-${n}`, { state: 5, cpuSeconds: 1, elapsedSeconds: 1 }),
      );
    for (let wave = 0; wave < 5; wave += 1) take(record, ...flood(wave));
    expect(fixture.store.tasks.counts(id).done).toBe(1000);
    fixture.clock.advance(3_600_000);
    for (let wave = 5; wave < 10; wave += 1) take(record, ...flood(wave));
    expect(fixture.store.tasks.counts(id).done).toBe(2000);
  });

  test('what was running when a project is left is booked as given up, what never ran is forgotten', () => {
    take(
      record,
      clientTask('a', { ...runningTask, cpuSeconds: 1, elapsedSeconds: 1 }),
      clientTask('b'),
      clientTask('c', { state: 4, cpuSeconds: 9, elapsedSeconds: 9 }),
    );
    fixture.store.leave(id);
    record.abandon();
    expect(fixture.booked()).toEqual(['a 1 aborted', 'c 1 aborted']);
    expect(record.over.map(({ failure }) => failure?.sentence)).toEqual([
      'The task was given up because the project was left.',
      'The task was given up because the project was left.',
    ]);
    expect(fixture.store.tasks.listed(id)).toEqual([]);
    // Its client has not let go of them yet.
    take(record, clientTask('a', { ...runningTask, cpuSeconds: 2, elapsedSeconds: 2 }));
    take(record);
    expect(fixture.booked()).toHaveLength(2);
  });

  test('what is handed out again after the project was left and joined again is another attempt', () => {
    take(record, clientTask('a', { ...runningTask, cpuSeconds: 1, elapsedSeconds: 1 }));
    fixture.store.leave(id);
    record.abandon();
    fixture.store.left(id);
    expect(fixture.join()).toBe(id);
    const again = new ProjectRecord(id, fixture.store, fixture.clock);
    take(again, clientTask('a', { ...runningTask, cpuSeconds: 2, elapsedSeconds: 2 }));
    expect(again.inMemory).toBe(true);
    expect(again.open()).toMatchObject([{ name: 'a', attempt: 2, abortedBy: null }]);
    take(again, clientTask('a', { state: 5, cpuSeconds: 9, elapsedSeconds: 9 }));
    expect(fixture.booked()).toEqual(['a 1 aborted', 'a 2 done']);
    expect(again.unreported).toBe(1);
    take(again);
    expect(again.unreported).toBe(0);
  });

  test('messages are heard once, the newest two hundred kept, notices apart', () => {
    const message = (seqno: number, priority = 1) => ({
      seqno,
      at: null,
      title: '',
      text: `${seqno}`,
      priority,
    });
    const hear = (...messages: ReturnType<typeof message>[]) => {
      record.take({ ...nothingSeen, messages }, undefined, place);
    };
    hear(message(1), message(2), message(1, 4));
    hear(message(2), message(3), message(1, 4), message(2, 4));
    expect(record.messages.map(({ seqno, priority }) => `${priority}.${seqno}`)).toEqual([
      '1.1',
      '1.2',
      '4.1',
      '1.3',
      '4.2',
    ]);
    expect(record.heard()).toEqual({ messagesAfter: 3, noticesAfter: 2 });
    for (let seqno = 4; seqno < 400; seqno += 1) hear(message(seqno));
    expect(record.messages).toHaveLength(200);
    record.forgetMessages();
    expect(record.heard()).toEqual({ messagesAfter: 0, noticesAfter: 0 });
  });

  test('the host is known under the number that the project gave it last', () => {
    take(record);
    expect(fixture.store.project(id)).toMatchObject({ state: 'joined', hostId: '7' });
    const renumbered = { ...project, hostId: '8', hostTotal: 3 };
    record.take({ ...nothingSeen, projects: [renumbered] }, renumbered, place);
    expect(fixture.store.project(id).hostId).toBe('8');
  });
});
