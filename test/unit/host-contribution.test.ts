import { expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/index.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { Contribution } from '../../electron/host/contribution.ts';
import { PolicyDesk } from '../../electron/host/policy-desk.ts';
import { Problems } from '../../electron/host/problems.ts';
import { type Pause, pauseFrom } from '../../electron/policy/pause.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { type FakeSession, FakeVm } from '../fakes/fake-vm.ts';
import { effectiveOf } from './policy-fixture.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function setUp(work: (session: FakeSession) => Promise<unknown>) {
  const clock = new FakeClock();
  const vm = new FakeVm();
  const problems = new Problems(() => undefined);
  const measured: string[] = [];
  const world = {
    pause: null as Pause | null,
    signals: noSignals,
    jobs: 1,
    parked: true,
    prove: (): Promise<void> => Promise.resolve(),
  };
  const desk = new PolicyDesk({
    signals: () => world.signals,
    effective: () =>
      effectiveOf({ 'idle.share': 0.5, 'ladder.saveAfterSeconds': 60, 'ladder.offAfterSeconds': 3600 }),
    pause: () => world.pause,
    vcpus: () => 1,
    clock,
    onDue: () => {
      contribution.turn();
    },
  });
  const contribution = new Contribution<FakeSession>({
    vm,
    decide: () => desk.decide(),
    hasWork: () => world.jobs > 0,
    keepsSaved: () => world.parked,
    prove: () => world.prove(),
    work,
    problems,
    yields: {
      measure: ({ reason }) => {
        measured.push(reason);
      },
    },
    clock,
    log: silentLog,
    lingerMs: 60_000,
    onChange: () => undefined,
  });
  contribution.begin();
  return { clock, vm, problems, measured, desk, world, contribution };
}

test('with work it starts the VM, proves it, works, lingers and stops', async () => {
  const worked: number[] = [];
  const { clock, vm, world, contribution } = setUp((session) => {
    worked.push(session.boot);
    world.jobs = 0;
    return Promise.resolve();
  });
  contribution.turn();
  expect(vm.asked).toEqual(['start']);
  vm.become('running');
  await settled();
  expect(worked).toEqual([1]);
  expect(vm.share).toBe(0.5);
  clock.advance(0);
  clock.advance(59_999);
  expect(vm.asked).toEqual(['start']);
  clock.advance(1);
  expect(vm.asked).toEqual(['start', 'stop']);
});

test('without work nothing is started', () => {
  const { vm, world, contribution } = setUp(() => Promise.resolve());
  world.jobs = 0;
  contribution.turn();
  expect(vm.asked).toEqual([]);
});

test('a pause freezes at once in the same turn, and a resume thaws', async () => {
  const { clock, vm, world, measured, contribution } = setUp(() => new Promise(() => undefined));
  contribution.turn();
  vm.become('running');
  world.pause = pauseFrom('manual', clock.now());
  contribution.turn();
  expect(vm.asked).toEqual(['start', 'freeze']);
  await settled();
  expect(measured).toEqual(['Paused until you resume.']);
  world.pause = null;
  contribution.turn();
  expect(vm.asked).toEqual(['start', 'freeze', 'thaw']);
});

test('a pause freezes a guest that still boots; before QEMU runs it takes the start back', () => {
  const { clock, vm, world, contribution } = setUp(() => Promise.resolve());
  contribution.turn();
  world.pause = pauseFrom('1h', clock.now());
  contribution.turn();
  expect(vm.asked).toEqual(['start', 'freeze']);
  vm.become('backoff');
  expect(vm.asked).toEqual(['start', 'freeze', 'stop']);
});

test('a guest that leaks gets no work until the person asks again', async () => {
  const worked: FakeSession[] = [];
  const { vm, world, problems, contribution } = setUp((session) => {
    worked.push(session);
    return Promise.resolve();
  });
  world.prove = () => Promise.reject(new GleanerError('isolation-leak', 'The guest leaks.'));
  contribution.turn();
  vm.become('running');
  await settled();
  contribution.turn();
  expect(worked).toEqual([]);
  expect(vm.asked).toEqual(['start', 'stop']);
  expect(problems.list()).toMatchObject([{ code: 'isolation-leak' }]);
  contribution.retry();
  expect(vm.asked).toEqual(['start', 'stop', 'start']);
});

test('a guest that cannot be examined is booted anew, and the person is told meanwhile', async () => {
  const worked: number[] = [];
  const { clock, vm, world, problems, contribution } = setUp((session) => {
    worked.push(session.boot);
    world.jobs = 0;
    return Promise.resolve();
  });
  world.prove = () => Promise.reject(new GleanerError('guest-protocol', 'The guest failed.'));
  contribution.turn();
  vm.become('running');
  await settled();
  expect(vm.asked).toEqual(['start', 'stop', 'start']);
  expect(problems.list()).toMatchObject([{ code: 'guest-protocol' }]);
  world.prove = () => Promise.resolve();
  vm.become('running');
  await settled();
  expect(worked).toEqual([]);
  clock.advance(1000);
  await settled();
  expect(worked).toEqual([2]);
  expect(problems.list()).toEqual([]);
});

test('a lost session is retried with growing waits, not in a spin', async () => {
  let tries = 0;
  const { clock, vm, problems, contribution } = setUp(() => {
    tries += 1;
    return Promise.reject(new GleanerError('session-lost', 'The session is gone.'));
  });
  contribution.turn();
  vm.become('running');
  await settled();
  for (const wait of [1000, 2000, 4000]) {
    const before = tries;
    clock.advance(wait - 1);
    await settled();
    expect(tries).toBe(before);
    clock.advance(1);
    await settled();
    expect(tries).toBe(before + 1);
  }
  expect(problems.list()).toEqual([]);
});

test('disposal stops the VM, waits for the work and leaves no timer', async () => {
  const { clock, vm, contribution } = setUp(() => Promise.resolve());
  contribution.turn();
  vm.become('running');
  await settled();
  await contribution.dispose();
  expect(vm.phase).toBe('stopped');
  expect(clock.pending).toBe(0);
});

test('the ladder goes down by time: frozen, saved, off; and work goes on from where it stands', async () => {
  const ends: (() => void)[] = [];
  const { clock, vm, world, contribution } = setUp(
    () =>
      new Promise<void>((resolve) => {
        ends.push(resolve);
      }),
  );
  const pauseUntilSaved = async (): Promise<void> => {
    world.pause = pauseFrom('manual', clock.now());
    contribution.turn();
    clock.advance(60_000);
    // The session is gone with the machine, and the job is parked.
    ends.shift()?.();
    await settled();
    clock.advance(0);
  };
  contribution.turn();
  vm.become('running');
  await settled();
  await pauseUntilSaved();
  expect(vm.asked).toEqual(['start', 'freeze', 'save']);
  world.pause = null;
  contribution.turn();
  expect(vm.asked.slice(3)).toEqual(['start']);
  vm.become('running');
  await settled();
  await pauseUntilSaved();
  expect(vm.asked.slice(4)).toEqual(['freeze', 'save']);
  clock.advance(3_540_000);
  expect(vm.asked.slice(6)).toEqual(['stop']);
});

test('a VM with nothing in it is stopped instead of saved', async () => {
  const { clock, vm, world, contribution } = setUp(() => {
    world.jobs = 0;
    world.parked = false;
    return Promise.resolve();
  });
  contribution.turn();
  vm.become('running');
  await settled();
  world.pause = pauseFrom('manual', clock.now());
  contribution.turn();
  clock.advance(60_000);
  expect(vm.asked).toEqual(['start', 'freeze', 'stop']);
});

test('what cannot be saved stays frozen, is told, and is tried again', async () => {
  const { clock, vm, world, contribution } = setUp(() => new Promise(() => undefined));
  contribution.turn();
  vm.become('running');
  world.pause = pauseFrom('manual', clock.now());
  contribution.turn();
  vm.saveFailure = new GleanerError('disk-full', 'The disk is full.');
  clock.advance(60_000);
  await settled();
  contribution.turn();
  expect(vm.asked).toEqual(['start', 'freeze', 'save']);
  vm.saveFailure = undefined;
  clock.advance(600_000);
  await settled();
  expect(vm.asked).toEqual(['start', 'freeze', 'save', 'save']);
  expect(vm.phase).toBe('saved');
});

test('a person who comes back while it is being saved has it thawed', () => {
  const { clock, vm, world, contribution } = setUp(() => new Promise(() => undefined));
  contribution.turn();
  vm.become('running');
  world.pause = pauseFrom('manual', clock.now());
  contribution.turn();
  vm.become('saving');
  world.pause = null;
  contribution.turn();
  expect(vm.asked).toEqual(['start', 'freeze', 'thaw']);
});

test('signals freeze in the turn that they are told in', () => {
  const { vm, world, measured, contribution } = setUp(() => new Promise(() => undefined));
  contribution.turn();
  vm.become('running');
  world.signals = { ...noSignals, call: true };
  contribution.turn();
  expect(vm.asked).toEqual(['start', 'freeze']);
  expect(measured).toEqual(['Paused: you are in a call.']);
});

test('a saved VM comes back when there is work for it, and not before the work before has ended', async () => {
  let end: () => void = () => undefined;
  const { clock, vm, contribution } = setUp(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  contribution.turn();
  vm.become('running');
  await settled();
  vm.become('saved');
  expect(vm.asked).toEqual(['start']);
  end();
  await settled();
  clock.advance(0);
  expect(vm.asked).toEqual(['start', 'start']);
});

test('a saved VM that nobody waits for is given up, also in a pause', () => {
  const { clock, vm, world, contribution } = setUp(() => Promise.resolve());
  vm.phase = 'saved';
  world.pause = pauseFrom('manual', clock.now());
  contribution.turn();
  expect(vm.asked).toEqual([]);
  world.parked = false;
  contribution.turn();
  expect(vm.asked).toEqual(['stop']);
});

test('what comes back is saved again in a pause, what boots is stopped', () => {
  const { clock, vm, world, contribution } = setUp(() => Promise.resolve());
  vm.freeze = () => {
    vm.asked.push('freeze');
    vm.phase = 'saved';
    return Promise.resolve({ acknowledgedMs: 0 });
  };
  world.pause = pauseFrom('manual', clock.now());
  for (const restoring of [true, false]) {
    vm.phase = 'preparing';
    vm.restoring = restoring;
    contribution.turn();
  }
  expect(vm.asked).toEqual(['freeze', 'stop']);
});

test('one that is being saved is thawed as soon as it may run', () => {
  const { vm, contribution } = setUp(() => Promise.resolve());
  vm.phase = 'saving';
  contribution.turn();
  expect(vm.asked).toEqual(['thaw']);
});

test.each([
  ['running', true, ['freeze', 'save', 'leave']],
  ['frozen', true, ['save', 'leave']],
  ['saved', true, ['leave']],
  ['stopped', true, ['leave']],
  ['running', false, ['leave']],
] as const)('an end with a save: %s, with a job: %s', async (phase, parked, asked) => {
  const { vm, world, contribution } = setUp(() => Promise.resolve());
  vm.phase = phase;
  world.parked = parked;
  expect(await contribution.end()).toBe(parked && phase !== 'stopped');
  await contribution.dispose();
  expect(vm.asked).toEqual(asked);
});

test('an end whose save fails says so, and is an end all the same', async () => {
  const { vm, contribution } = setUp(() => Promise.resolve());
  vm.phase = 'running';
  vm.saveFailure = new GleanerError('disk-full', 'The disk is full.');
  expect(await contribution.end()).toBe(false);
  await contribution.dispose();
  expect(vm.asked).toEqual(['freeze', 'save', 'leave']);
  contribution.turn();
  expect(vm.asked).toHaveLength(3);
});

test('before it is known what an earlier host left, nothing is started or ended', () => {
  const vm = new FakeVm();
  const contribution = new Contribution<FakeSession>({
    vm,
    decide: () => {
      throw new Error('not asked yet');
    },
    hasWork: () => true,
    keepsSaved: () => false,
    prove: () => Promise.resolve(),
    work: () => Promise.resolve(),
    problems: new Problems(() => undefined),
    yields: { measure: () => undefined },
    clock: new FakeClock(),
    log: silentLog,
    lingerMs: 1,
    onChange: () => undefined,
  });
  for (const phase of ['stopped', 'saved', 'failed'] as const) {
    vm.become(phase);
    contribution.turn();
    contribution.retry();
  }
  expect(vm.asked).toEqual([]);
});
