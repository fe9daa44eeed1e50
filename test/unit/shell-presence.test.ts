import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { streamLog } from '../../electron/base/log.ts';
import type { PresenceReport } from '../../electron/contract/policy.ts';
import { Presence, tellsIdleTime } from '../../electron/shell/presence.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeContribution } from '../fakes/fake-host.ts';

/** A fake of Electron's monitor: whole seconds since an input that the test gives. */
class FakePowerMonitor extends EventEmitter {
  inputAt = 0;
  looks = 0;
  readonly clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.clock = clock;
  }

  input(): void {
    this.inputAt = this.clock.monotonic();
  }

  getSystemIdleTime(): number {
    this.looks += 1;
    return Math.floor((this.clock.monotonic() - this.inputAt) / 1000);
  }
}

function watching(options: { tellsIdleTime?: boolean; tellsEvents?: boolean } = {}) {
  const clock = new FakeClock();
  const monitor = new FakePowerMonitor(clock);
  const reports: PresenceReport[] = [];
  const lines: string[] = [];
  let failure: Error | undefined;
  const presence = new Presence({
    monitor,
    report: (report) => {
      reports.push(report);
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
    clock,
    log: streamLog({ write: (line) => lines.push(line) }),
    tellsIdleTime: true,
    tellsEvents: false,
    ...options,
  });
  const ask = (asksPresence: boolean, run = true): void => {
    const { allowance } = fakeContribution();
    presence.update({ asksPresence, contribution: fakeContribution({ allowance: { ...allowance, run } }) });
  };
  const since = (): PresenceReport[] => reports.splice(0);
  const failWith = (error: Error | undefined): void => {
    failure = error;
  };
  return { clock, monitor, presence, ask, since, lines, failWith };
}

describe('Presence', () => {
  it('looks only while it is asked: four times a second while the VM may run, once while it may not', () => {
    const { clock, monitor, ask } = watching();
    const looksIn = (ms: number): number => {
      const before = monitor.looks;
      clock.advance(ms);
      return monitor.looks - before;
    };
    ask(false);
    expect(looksIn(60_000)).toBe(0);
    ask(true);
    expect(looksIn(10_000)).toBe(40);
    ask(true, false);
    expect(looksIn(10_000)).toBe(10);
    ask(true, true);
    expect(looksIn(10_000)).toBe(40);
    ask(false);
    expect(looksIn(60_000)).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('says at once how it is, then nothing while nobody gives input', () => {
    const { clock, ask, since } = watching();
    clock.advance(100_000);
    ask(true);
    expect(since()).toEqual([{ idleMs: 100_000, pollMs: 250 }]);
    clock.advance(3_600_000);
    expect(since()).toEqual([]);
  });

  it('reports an input after quiet at the next look, once', () => {
    const { clock, monitor, ask, since } = watching();
    clock.advance(100_000);
    ask(true);
    since();
    clock.advance(10_100);
    monitor.input();
    clock.advance(150);
    expect(since()).toEqual([{ idleMs: 0, pollMs: 250 }]);
    clock.advance(60_000);
    expect(since()).toEqual([]);
  });

  it('says that it looked once a second while the VM may not run', () => {
    const { clock, monitor, ask, since } = watching();
    clock.advance(100_000);
    ask(true, false);
    since();
    clock.advance(500);
    monitor.input();
    clock.advance(500);
    expect(since()).toEqual([{ idleMs: 0, pollMs: 1000 }]);
  });

  it('reports steady input often enough to count on, and never more than four times a second', () => {
    const { clock, monitor, ask, since } = watching();
    ask(true);
    since();
    let told = 0;
    for (let step = 0; step < 1000; step += 1) {
      clock.advance(10);
      monitor.input();
      told += since().length;
    }
    expect(told).toBeGreaterThanOrEqual(9);
    expect(told).toBeLessThanOrEqual(40);
  });

  it('misses no second input that follows soon', () => {
    const { clock, monitor, ask, since } = watching();
    clock.advance(100_000);
    ask(true, false);
    since();
    clock.advance(50);
    monitor.input();
    clock.advance(950);
    expect(since()).toHaveLength(1);
    ask(true, true);
    clock.advance(250);
    monitor.input();
    clock.advance(250);
    expect(since()).toEqual([{ idleMs: 0, pollMs: 250 }]);
  });

  it('tells again when it is asked again', () => {
    const { clock, ask, since } = watching();
    clock.advance(5000);
    ask(true);
    ask(false);
    since();
    clock.advance(5000);
    ask(true);
    expect(since()).toEqual([{ idleMs: 10_000, pollMs: 250 }]);
  });

  it('believes no nonsense', () => {
    const { clock, monitor, ask, since } = watching();
    monitor.getSystemIdleTime = () => Number.NaN;
    ask(true);
    monitor.getSystemIdleTime = () => -1;
    clock.advance(1000);
    expect(since()).toEqual([]);
  });

  it('stays silent where the desktop cannot tell', () => {
    const { clock, monitor, ask, since } = watching({ tellsIdleTime: false });
    ask(true);
    clock.advance(10_000);
    expect([since(), monitor.looks, clock.pending]).toEqual([[], 0, 0]);
  });

  it('hands on power and lock by event, where the monitor is the one to hear them', () => {
    const { monitor, presence, since } = watching({ tellsEvents: true });
    for (const event of ['on-battery', 'lock-screen', 'unlock-screen', 'on-ac']) monitor.emit(event);
    expect(since()).toEqual([
      { onBattery: true },
      { screenLocked: true },
      { screenLocked: false },
      { onBattery: false },
    ]);
    presence.dispose();
    expect(monitor.eventNames()).toEqual([]);
    expect(watching({ tellsEvents: false }).monitor.eventNames()).toEqual([]);
  });

  it('logs once that reports fail, and goes on', async () => {
    const { clock, monitor, ask, since, lines, failWith } = watching();
    failWith(new Error('no host'));
    ask(true);
    for (let step = 0; step < 5; step += 1) {
      clock.advance(1000);
      monitor.input();
      clock.advance(250);
    }
    await Promise.resolve();
    await Promise.resolve();
    expect(since().length).toBeGreaterThan(4);
    expect(lines.filter((line) => line.includes('a report failed'))).toHaveLength(1);
  });

  it('leaves no timer behind', () => {
    const { clock, presence, ask } = watching();
    ask(true);
    expect(clock.pending).toBe(1);
    presence.dispose();
    expect(clock.pending).toBe(0);
  });
});

describe('tellsIdleTime', () => {
  it.each([
    ['win32', {}, true],
    ['darwin', {}, true],
    ['linux', { DISPLAY: ':0' }, true],
    ['linux', { DISPLAY: ':0', XDG_SESSION_TYPE: 'wayland' }, false],
    ['linux', { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' }, false],
    ['linux', {}, false],
  ] as const)('on %s with %j: %s', (platform, env, told) => {
    expect(tellsIdleTime(platform, env)).toBe(told);
  });
});
