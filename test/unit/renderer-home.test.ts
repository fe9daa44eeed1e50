import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { plainly } from '../../electron/contract/said.ts';
import { shareInUse } from '../../renderer/views/allowance-gauge.tsx';
import { newsKey } from '../../renderer/views/announcer.tsx';
import { firstPlace, tabOf } from '../../renderer/views/place.ts';
import { shareForPart, wholeParts } from '../../renderer/views/share-parts.ts';
import { weekStart } from '../../renderer/views/this-week.tsx';
import { secondsLeft } from '../../renderer/views/time-left.ts';
import { fakeAllowance, fakeHeld, fakeReason } from '../fakes/fake-contribution.ts';
import { fakeGrid, fakeLocalGrid } from '../fakes/fake-grid-views.ts';
import { fakeContribution } from '../fakes/fake-host.ts';

vi.hoisted(() => {
  // The page's bridge is read when its module is loaded.
  vi.stubGlobal('window', { gleaner: undefined });
});

describe('the time left of a job', () => {
  const job = { progress: 0.25, cpuSeconds: 100, attempt: 1 };
  const vm = { phase: 'running', shareMeasured: 0.5, vcpus: 2 } as const;

  it('follows from what its progress took, at the pace of its VM', () => {
    // 300 CPU seconds are left; the VM gives one a second.
    expect(secondsLeft(job, vm, 1)).toBe(300);
    expect(secondsLeft(job, vm, 2)).toBe(600);
    expect(secondsLeft(job, { ...vm, shareMeasured: 0.25 }, 1)).toBe(600);
  });

  it.each([
    ['tells no progress', { ...job, progress: null }, vm],
    ['has hardly begun', { ...job, progress: 0.02 }, vm],
    ['has used little', { ...job, cpuSeconds: 20 }, vm],
    ['is done', { ...job, progress: 1 }, vm],
    ['went on from a checkpoint', { ...job, attempt: 2 }, vm],
    ['stands still', job, { ...vm, phase: 'frozen' as const }],
    ['is not measured', job, { ...vm, shareMeasured: null }],
    ['gets nothing', job, { ...vm, shareMeasured: 0 }],
    ['has no VM', job, undefined],
  ])('is not told of one that %s', (_why, one, its) => {
    expect(secondsLeft(one, its, 1)).toBeNull();
  });
});

describe('what is used of what is granted', () => {
  const running = (shareMeasured: number | null) => ({ phase: 'running' as const, shareMeasured });

  it('is what all running VMs use together', () => {
    expect(shareInUse([running(0.25), running(0.5), { phase: 'frozen', shareMeasured: 0.75 }])).toBe(0.75);
    expect(shareInUse([running(0.25), running(null)])).toBeNull();
    expect(shareInUse([{ phase: 'saved', shareMeasured: null }])).toBe(0);
  });
});

describe('news of the state', () => {
  const working = (title: string) => fakeContribution({ said: { code: 'state.working', values: { title } } });
  const held = (share: number, code: 'input' | 'call') =>
    fakeContribution({ ...fakeHeld(fakeAllowance(share, [fakeReason(code, plainly(`reason.${code}`))])) });

  it('is neither the next job nor the same reason once more', () => {
    expect(newsKey(working('one'))).toBe(newsKey(working('other')));
    expect(newsKey(held(0.25, 'input'))).toBe(newsKey(held(0.25, 'input')));
  });

  it('is another state, reason, or share', () => {
    const keys = [
      working('one'),
      fakeContribution({ said: plainly('state.next-job') }),
      held(0.25, 'input'),
      held(0.5, 'input'),
      held(0.25, 'call'),
      { ...held(0.25, 'call'), state: 'yielding' as const },
    ].map(newsKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('shares as parts', () => {
  const share = fc.double({ min: 0, max: 1_000_000, noNaN: true });

  it('add up to 100 in whole percent, each less than one from what it is', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 12 }), (shares) => {
        const sum = shares.reduce((total, one) => total + one, 0);
        fc.pre(sum > 1e-6);
        const parts = wholeParts(shares);
        expect(parts.reduce((total, part) => total + part, 0)).toBe(100);
        for (const [index, part] of parts.entries()) {
          expect(Math.abs(part - ((shares[index] ?? 0) / sum) * 100)).toBeLessThan(1.000001);
        }
      }),
    );
    expect(wholeParts([0, 0])).toEqual([0, 0]);
    expect(wholeParts([1, 1, 1])).toEqual([34, 33, 33]);
  });

  it('are what they were moved to, whatever the others have', () => {
    const others = fc.array(fc.double({ min: 0.01, max: 900, noNaN: true }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(others, fc.integer({ min: 0, max: 99 }), (rest, percent) => {
        const sum = rest.reduce((total, one) => total + one, 0);
        const [part] = wholeParts([shareForPart(percent, sum), ...rest]);
        expect(Math.abs((part ?? 0) - percent)).toBeLessThanOrEqual(1);
      }),
    );
    expect(shareForPart(50, 100)).toBe(100);
    expect(shareForPart(0, 100)).toBe(0);
    expect(shareForPart(100, 100)).toBe(9900);
    expect(shareForPart(30, 0)).toBe(100);
    expect(shareForPart(99, 900_000)).toBe(1_000_000);
  });
});

describe('this week', () => {
  it('begins on Monday at midnight', () => {
    const monday = new Date(2026, 2, 23).getTime();
    expect(weekStart(monday)).toBe(monday);
    expect(weekStart(new Date(2026, 2, 25, 13, 5).getTime())).toBe(monday);
    // A Sunday whose clocks were set forward.
    expect(weekStart(new Date(2026, 2, 29, 23, 59).getTime())).toBe(monday);
    expect(weekStart(new Date(2026, 2, 30).getTime())).toBeGreaterThan(monday);
  });
});

describe('where the window is', () => {
  it('begins with the welcome page only where nothing was ever done', () => {
    const untouched = { grids: [fakeLocalGrid({ done: 0 })], manager: null };
    expect(firstPlace(untouched, null)).toEqual({ page: 'welcome' });
    expect(firstPlace({ ...untouched, grids: [fakeLocalGrid({ done: 1 })] }, null)).toEqual({ page: 'home' });
    expect(firstPlace({ ...untouched, grids: [...untouched.grids, fakeGrid()] }, null)).toEqual({
      page: 'home',
    });
  });

  it('has a tab, but for the welcome page', () => {
    expect(tabOf({ page: 'join' })).toBe('grids');
    expect(tabOf({ page: 'grids', open: 'boinc-a' })).toBe('grids');
    expect(tabOf({ page: 'welcome' })).toBeNull();
  });
});
