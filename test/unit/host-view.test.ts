import { expect, test } from 'vitest';
import { plainly } from '../../electron/contract/said.ts';
import { type Seen, stateOf } from '../../electron/host/view.ts';
import { fakeAllowance, fakeReason } from '../fakes/fake-contribution.ts';
import { fakeGrid } from '../fakes/fake-grid-views.ts';
import { fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';
import { idle } from '../fixtures/said.ts';

test.each([
  ['asks', 'grid.asks', 'starting'],
  ['does not answer', 'grid.tried-again', 'waiting'],
] as const)('a VM whose project %s', (_does, code, state) => {
  const [vm] = fakeSnapshot().vms;
  const grid = fakeGrid({ sentence: 'As the grid says it.', said: plainly(code) });
  const vms = vm ? [{ ...vm, grid: grid.id, phase: 'running' as const }] : [];
  expect(stateOf({ ...idle, vms, grids: [grid] })).toEqual({
    state,
    sentence: 'As the grid says it.',
    said: plainly(code),
  });
});

const held = (code: 'load' | 'pause' | 'disabled' | 'profile-broken' | 'schedule'): Seen => ({
  ...idle,
  allowance: fakeAllowance(0, [fakeReason(code, plainly(`reason.${code}`))]),
});

test('nothing to do is no giving back', () => {
  expect(stateOf(held('load'))).toMatchObject({ state: 'waiting', said: plainly('state.no-work') });
  expect(stateOf({ ...held('load'), workWaits: true }).state).toBe('yielding');
  expect(stateOf({ ...held('load'), jobs: [fakeJob({ state: 'running' })] }).state).toBe('yielding');
  expect(stateOf({ ...held('load'), jobs: [fakeJob({ state: 'done' })] }).state).toBe('waiting');
});

test.each([
  ['pause', 'paused'],
  ['disabled', 'paused'],
  ['profile-broken', 'attention'],
  ['schedule', 'waiting'],
] as const)('%s is said also when there is nothing to do', (code, state) => {
  expect(stateOf(held(code))).toMatchObject({ state, said: null });
});
