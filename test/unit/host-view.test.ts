import { expect, test } from 'vitest';
import { plainly } from '../../electron/contract/said.ts';
import { stateOf } from '../../electron/host/view.ts';
import { fakeGrid } from '../fakes/fake-grid-views.ts';
import { fakeSnapshot } from '../fakes/fake-host.ts';
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
