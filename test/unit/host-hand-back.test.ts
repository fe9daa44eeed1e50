import { beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import type { Allowance, Rung } from '../../electron/contract/index.ts';
import { Contribution } from '../../electron/host/contribution.ts';
import { Problems } from '../../electron/host/problems.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeAllowance } from '../fakes/fake-contribution.ts';
import { type FakeSession, FakeVm } from '../fakes/fake-vm.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
let clock: FakeClock;
let vm: FakeVm;
let allowance: Allowance;
let calm: boolean;
let jobs: number;
let handedBack: () => void;
let contribution: Contribution<FakeSession>;

const stopped = (rung: Rung): Allowance => ({ ...fakeAllowance(0), run: false, rung });

beforeEach(async () => {
  clock = new FakeClock();
  vm = new FakeVm();
  allowance = fakeAllowance(1);
  calm = true;
  jobs = 1;
  contribution = new Contribution<FakeSession>({
    vm,
    decide: () => allowance,
    hasWork: () => true,
    keepsSaved: () => false,
    prove: () => Promise.resolve(),
    work: () => new Promise(() => undefined),
    handBack: {
      needed: () => jobs > 0,
      mayNow: () => calm,
      run: () =>
        new Promise((resolve) => {
          handedBack = () => {
            jobs = 0;
            resolve();
          };
        }),
    },
    problems: new Problems(() => undefined),
    yields: { measure: () => undefined },
    clock,
    log: silentLog,
    lingerMs: 1000,
    onChange: () => undefined,
  });
  contribution.begin();
  contribution.turn();
  vm.become('running');
  await settled();
  vm.asked.length = 0;
});

async function turnTo(next: Allowance): Promise<void> {
  allowance = next;
  contribution.turn();
  await settled();
}

test('a frozen VM with jobs goes on with little, hands them back, and then ends', async () => {
  await turnTo(stopped('frozen'));
  expect(vm.asked).toEqual(['freeze']);
  await turnTo(stopped('saved'));
  expect(vm.asked).toEqual(['freeze', 'thaw']);
  expect(vm.share).toBe(0.1);
  await turnTo(stopped('saved'));
  expect(vm.phase).toBe('running');
  handedBack();
  await settled();
  await settled();
  expect(vm.asked).toEqual(['freeze', 'thaw', 'freeze', 'stop']);
});

test('it waits for a moment in which that is not felt', async () => {
  calm = false;
  await turnTo(stopped('frozen'));
  await turnTo(stopped('saved'));
  expect(vm.phase).toBe('frozen');
  clock.advance(15_000);
  await settled();
  expect(vm.phase).toBe('frozen');
  calm = true;
  clock.advance(15_000);
  await settled();
  expect(vm.phase).toBe('running');
  handedBack();
});

test('the person who comes back has it frozen at once, and it is tried again later', async () => {
  await turnTo(stopped('frozen'));
  await turnTo(stopped('saved'));
  calm = false;
  await turnTo(stopped('saved'));
  expect(vm.phase).toBe('frozen');
  handedBack();
  await settled();
  await settled();
  expect(vm.phase).toBe('stopped');
});

test('what may run again meanwhile does, at the share that it is granted', async () => {
  await turnTo(stopped('frozen'));
  await turnTo(stopped('saved'));
  await turnTo(fakeAllowance(0.5));
  expect([vm.phase, vm.share]).toEqual(['running', 0.5]);
  handedBack();
  await settled();
  expect(vm.phase).toBe('running');
});

test('without jobs it ends as ever, and nothing is waited for', async () => {
  jobs = 0;
  await turnTo(stopped('frozen'));
  await turnTo(stopped('off'));
  expect(vm.asked).toEqual(['freeze', 'stop']);
});
