import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttemptBody, JobView, TaskView } from '../../electron/contract/index.ts';
import type { ClientTask } from '../../electron/grid/boinc/messages.ts';
import { jobView, taskView } from '../../electron/grid/boinc/runner-view.ts';
import type { SeenTask } from '../../electron/grid/boinc/store-rows.ts';
import type { JoinedProject } from '../../electron/grid/boinc/store-types.ts';
import { bookingOfTask, personalOfTask } from '../../electron/grid/boinc/task-booking.ts';
import { endingOfAbandoned } from '../../electron/grid/boinc/task-endings.ts';
import { type Followed, follow, type Moment } from '../../electron/grid/boinc/tasks.ts';
import { clientTask, runningTask } from '../fakes/fake-boinc-engine.ts';

const start = 1_700_000_000_000;
const at = (second: number, different: Partial<Moment> = {}): Moment => ({
  now: start + second * 1000,
  frozenSeconds: 0,
  accelerator: 'tcg',
  appliance: `sha256:${'a'.repeat(64)}`,
  attached: true,
  ...different,
});

/** Follows looks one after the other, three seconds apart; what ended is remembered as the store would. */
function followed(looks: readonly (readonly ClientTask[])[], moments: readonly Partial<Moment>[] = []) {
  let known: ReadonlyMap<string, SeenTask> = new Map();
  const over = new Map<string, SeenTask>();
  const ended: SeenTask[] = [];
  let last: Followed | undefined;
  looks.forEach((look, n) => {
    const recalled = new Map(known);
    for (const { name } of look) {
      const old = over.get(name);
      if (!recalled.has(name) && old) recalled.set(name, old);
    }
    last = follow(recalled, look, at(3 * n, moments[n]));
    known = last.tasks;
    for (const task of last.ended) {
      ended.push(task);
      over.set(task.name, task);
    }
    for (const task of last.dropped) {
      if (task.attempt > 0) over.set(task.name, task);
    }
  });
  return { known, ended, last };
}

const words = (tasks: readonly SeenTask[]): string[] =>
  tasks.map(({ name, attempt, outcome, failure }) => `${name} ${attempt} ${outcome} ${failure?.code ?? '-'}`);

const computing = (cpuSeconds: number): Partial<ClientTask> => ({
  ...runningTask,
  cpuSeconds,
  elapsedSeconds: cpuSeconds + 1,
  memoryBytes: 10.4e6,
});

describe('a task ends', () => {
  test('as done once its results are uploaded, with the figures of its end', () => {
    const { ended, known } = followed([
      [clientTask('a', { state: 1 })],
      [clientTask('a', computing(40))],
      [clientTask('a', { state: 4, cpuSeconds: 42, elapsedSeconds: 44 })],
      [clientTask('a', { state: 5, cpuSeconds: 42, elapsedSeconds: 44, readyToReport: true })],
      [
        clientTask('a', {
          state: 5,
          cpuSeconds: 42,
          elapsedSeconds: 44,
          readyToReport: true,
          serverAck: true,
        }),
      ],
      [],
    ]);
    expect(words(ended)).toEqual(['a 1 done -']);
    expect(ended[0]).toMatchObject({
      cpuSeconds: 42,
      elapsedSeconds: 44,
      memoryPeakBytes: 10_400_000,
      startedAt: start + 3000,
      endedAt: start + 9000,
    });
    expect(known.size).toBe(0);
  });

  test.each([
    ['uploading', { state: 4 }, 'done -'],
    ['uploaded', { state: 5 }, 'done -'],
    ['failed, with its program not gone yet', { state: 3, process: 1, exitStatus: 1 }, 'failed task-failed'],
    ['with an upload that failed', { state: 7, process: 1 }, 'failed task-failed'],
    ['being aborted', { state: 6, process: 5, exitStatus: 203 }, 'aborted job-aborted'],
    ['running', computing(9), 'lost -'],
  ] as const)('between two looks, last seen %s', (_, last, outcome) => {
    const { ended } = followed([
      [clientTask('a', computing(8))],
      [clientTask('a', { cpuSeconds: 9, elapsedSeconds: 10, ...last })],
      [],
    ]);
    expect(words(ended)).toEqual([`a 1 ${outcome}`]);
    expect(ended[0]?.cpuSeconds).toBe(9);
  });

  test.each([
    [3, 1, 'failed', 'The task’s program failed with exit status 1.'],
    [3, 0, 'failed', 'The task failed before or after its program ran.'],
    [7, 0, 'failed', 'The task’s results could not be uploaded.'],
    [6, 196, 'failed', 'The task failed: it used more disk than it may.'],
    [6, 197, 'failed', 'The task failed: it ran longer than it may.'],
    [6, 198, 'failed', 'The task failed: it used more memory than it may.'],
    [6, 194, 'failed', 'The task failed: the BOINC client ended it.'],
    [6, 202, 'aborted', 'The project took the task back.'],
    [6, 200, 'aborted', 'The task was given up because its deadline passed before it began.'],
    [6, 203, 'aborted', 'The task was aborted.'],
  ])('in state %i with exit status %i: %s', (state, exitStatus, outcome, sentence) => {
    const { ended } = followed([[clientTask('a', { state, exitStatus, readyToReport: true })]]);
    expect(ended).toMatchObject([{ outcome, failure: { sentence } }]);
  });

  test('only when its program is gone, for its CPU time is told then', () => {
    const failing = { ...computing(50), state: 3, exitStatus: 9 };
    const { ended, known } = followed([[clientTask('a', failing)]]);
    expect(ended).toEqual([]);
    expect(known.get('a')?.outcome).toBe(null);
  });

  test('for the reason for which it was asked to', () => {
    const before = followed([[clientTask('a', computing(5))]]).known.get('a');
    if (!before) throw new Error('not followed');
    const gone = (abortedBy: SeenTask['abortedBy']) =>
      follow(new Map([['a', { ...before, abortedBy }]]), [], at(9)).ended[0];
    expect(gone('person')).toMatchObject({ outcome: 'aborted', failure: { code: 'job-aborted' } });
    expect(gone('watchdog')).toMatchObject({ outcome: 'aborted', failure: { code: 'task-stuck' } });
    expect(gone(null)).toMatchObject({ outcome: 'lost', failure: null });
    expect(endingOfAbandoned(before)).toMatchObject({
      outcome: 'aborted',
      failure: { sentence: 'The task was given up because the project was left.' },
    });
  });
});

test('what nothing ran of is neither booked nor remembered when it is gone', () => {
  const { ended, last, known } = followed([[clientTask('a', { state: 1 })], []]);
  expect(ended).toEqual([]);
  expect(last?.dropped).toMatchObject([{ name: 'a', attempt: 0 }]);
  expect(known.size).toBe(0);
});

test('a task that was lost and is sent again is another attempt, with figures of its own', () => {
  const { ended } = followed([
    [clientTask('a', { ...computing(100), checkpointCpuSeconds: 90 })],
    [],
    [clientTask('a', { state: 1 })],
    [clientTask('a', computing(20))],
    [clientTask('a', { state: 5, cpuSeconds: 30, elapsedSeconds: 31 })],
    [],
  ]);
  expect(words(ended)).toEqual(['a 1 lost -', 'a 2 done -']);
  expect(ended[1]).toMatchObject({ cpuSeconds: 30, startedAt: start + 9000, firstSeenAt: start + 6000 });
});

test('a task that is done does not end again, though its client has forgotten that it was', () => {
  const { ended } = followed([
    [clientTask('a', { state: 5, cpuSeconds: 30, elapsedSeconds: 31 })],
    [],
    [clientTask('a', computing(20))],
    [clientTask('a', { state: 5, cpuSeconds: 30, elapsedSeconds: 31 })],
    [],
  ]);
  expect(words(ended)).toEqual(['a 1 done -']);
});

test('when the project is gone from the client, nothing of it was done', () => {
  const { ended } = followed(
    [[clientTask('a', { state: 4, cpuSeconds: 3, elapsedSeconds: 3 }), clientTask('b', computing(3))], []],
    [{}, { attached: false }],
  );
  expect(words(ended)).toEqual(['a 1 lost -', 'b 1 lost -']);
});

test('time that a machine stood frozen counts for the tasks that were in its memory', () => {
  const { known } = followed(
    [
      [clientTask('runs', computing(1)), clientTask('waits')],
      [clientTask('runs', computing(2)), clientTask('waits')],
    ],
    [{}, { frozenSeconds: 3600 }],
  );
  expect(known.get('runs')?.frozenSeconds).toBe(3600);
  expect(known.get('waits')?.frozenSeconds).toBe(0);
});

test('the age of a checkpoint is that of the look at which it was seen first', () => {
  const { known } = followed([
    [clientTask('a', { ...computing(70), checkpointCpuSeconds: 60 })],
    [clientTask('a', { ...computing(73), checkpointCpuSeconds: 60 })],
    [clientTask('a', { ...computing(125), checkpointCpuSeconds: 120 })],
    [clientTask('a', { ...computing(128), checkpointCpuSeconds: 120 })],
  ]);
  const task = known.get('a');
  expect(task?.checkpointAt).toBe(start + 6000);
  expect(task && taskView(task, true)).toMatchObject({ state: 'running', sinceCheckpointSeconds: 8 });
});

/** Anything that a client, or a guest that is no client any more, may tell. */
const anyTask = fc.record({
  name: fc.constantFrom('a', 'b', 'c', '', 'x'.repeat(256)),
  application: fc.string({ maxLength: 256 }),
  state: fc.integer({ min: 0, max: 8 }),
  scheduled: fc.constantFrom(null, 0, 1, 2),
  process: fc.constantFrom(null, 0, 1, 5, 8, 9),
  progress: fc.double({ min: 0, max: 1, noNaN: true }),
  cpuSeconds: fc.double({ min: 0, max: 1e12, noNaN: true }),
  checkpointCpuSeconds: fc.double({ min: 0, max: 1e12, noNaN: true }),
  elapsedSeconds: fc.double({ min: 0, max: 1e12, noNaN: true }),
  remainingSeconds: fc.constantFrom(null, 0, 1e12),
  memoryBytes: fc.double({ min: 0, max: 1e15, noNaN: true }),
  receivedAt: fc.constantFrom(null, start),
  deadline: fc.constantFrom(null, start + 1),
  readyToReport: fc.boolean(),
  serverAck: fc.boolean(),
  suspended: fc.boolean(),
  exitStatus: fc.constantFrom(0, 1, 194, 203, -1),
});

test('whatever is told, each attempt ends once, and everything that comes of it fits the contract', () => {
  const project = { id: 'boinc-upper', name: 'Upper' } as JoinedProject;
  fc.assert(
    fc.property(fc.array(fc.array(anyTask, { maxLength: 6 }), { maxLength: 12 }), (looks) => {
      const { ended, known } = followed(looks);
      const keys = ended.map(({ name, attempt }) => `${name} ${attempt}`);
      expect(new Set(keys).size).toBe(keys.length);
      // Every end but a loss is final.
      for (const name of new Set(ended.map((task) => task.name))) {
        const outcomes = ended.filter((task) => task.name === name).map(({ outcome }) => outcome);
        expect(outcomes.slice(0, -1).every((outcome) => outcome === 'lost')).toBe(true);
      }
      const listed = new Set((looks.at(-1) ?? []).map(({ name }) => name));
      expect(new Set(known.keys())).toEqual(listed);
      for (const task of ended) {
        AttemptBody.parse({ ...bookingOfTask('boinc-upper', task), personalDigest: 'none' });
        const { title, owner } = personalOfTask('Upper', task);
        expect(Math.max(title.length, owner.length)).toBeLessThanOrEqual(120);
      }
      for (const task of [...ended, ...known.values()]) {
        TaskView.parse(taskView(task, true));
        JobView.parse(jobView(task, project, false));
      }
    }),
  );
});

test('a client that only ever goes on ends each task with what became of it, however looks fall', () => {
  const life = fc.record({
    outcome: fc.constantFrom('done', 'failed', 'aborted'),
    /** How many looks each of its states is there for. */
    times: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 5, maxLength: 5 }),
  });
  const states = { done: [1, 2, 2, 4, 5], failed: [1, 2, 2, 3, 3], aborted: [1, 2, 2, 6, 6] };
  fc.assert(
    fc.property(fc.array(life, { maxLength: 5 }), (lives) => {
      const sequences = lives.map(({ outcome, times }, n) =>
        states[outcome].flatMap((state, stage) =>
          Array.from({ length: times[stage] ?? 0 }, () =>
            clientTask(`t${n}`, {
              state,
              ...(stage === 0 ? {} : stage < 3 ? computing(5) : { cpuSeconds: 6, elapsedSeconds: 7 }),
              readyToReport: stage === 4,
              exitStatus: outcome === 'failed' ? 1 : outcome === 'aborted' ? 203 : 0,
            }),
          ),
        ),
      );
      const length = Math.max(0, ...sequences.map((tasks) => tasks.length));
      const looks = Array.from({ length: length + 1 }, (_, n) =>
        sequences.flatMap((tasks) => tasks.slice(n, n + 1)),
      );
      const { ended } = followed(looks);
      lives.forEach(({ outcome, times }, n) => {
        const found = ended.filter(({ name }) => name === `t${n}`);
        const endSeen = (times[3] ?? 0) + (times[4] ?? 0) > 0;
        const ranSeen = (times[1] ?? 0) + (times[2] ?? 0) > 0;
        expect(found.map((task) => task.outcome)).toEqual(endSeen ? [outcome] : ranSeen ? ['lost'] : []);
      });
    }),
  );
});
