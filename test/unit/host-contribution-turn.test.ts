import { expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { type Allowance, plainly } from '../../electron/contract/index.ts';
import { Contribution } from '../../electron/host/contribution.ts';
import { Problems } from '../../electron/host/problems.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeReason } from '../fakes/fake-contribution.ts';
import { type FakeSession, FakeVm } from '../fakes/fake-vm.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const allowedNow: Allowance = {
  run: true,
  rung: 'full',
  share: 1,
  vcpus: 1,
  memoryBytes: 1,
  network: true,
  reason: '',
  organization: null,
  reasons: [],
};

test('another grid’s turn freezes softly, and not at all when the turn comes back meanwhile', async () => {
  const clock = new FakeClock();
  const vm = new FakeVm();
  const state = { turn: true, soft: (): void => undefined };
  const contribution = new Contribution<FakeSession>({
    vm,
    decide: () =>
      state.turn
        ? allowedNow
        : {
            ...allowedNow,
            run: false,
            rung: 'saved',
            share: 0,
            reasons: [fakeReason('turn', plainly('reason.call'))],
          },
    hasWork: () => true,
    keepsSaved: () => true,
    prove: () => Promise.resolve(),
    work: () => new Promise(() => undefined),
    soften: () =>
      new Promise((resolve) => {
        state.soft = resolve;
      }),
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
  state.turn = false;
  contribution.turn();
  contribution.turn();
  expect(vm.asked).toEqual(['start']);
  state.turn = true;
  state.soft();
  await settled();
  expect(vm.asked).toEqual(['start']);
  state.turn = false;
  contribution.turn();
  state.soft();
  await settled();
  expect(vm.asked.slice(0, 2)).toEqual(['start', 'freeze']);
});
