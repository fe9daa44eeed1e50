import { beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { Governor } from '../../electron/vm/governor.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

/** A VM whose use of CPU the test sets, in vCPUs; it uses none while paused. */
class Guest {
  readonly clock = new FakeClock();
  readonly sent: string[] = [];
  readonly quotas: (number | 'max')[] = [];
  changes = 0;
  readonly told: string[] = [];
  wants = 0;
  paused = false;
  refuses = false;
  /** How long it takes to take a quota, in ms. */
  slowMs = 0;
  readable = true;
  obeys = false;
  readonly governor: Governor;
  #cpuMs = 0;
  #at = 0;

  constructor(share: number) {
    this.governor = new Governor({
      vcpus: 1,
      share,
      cpuMs: () => (this.readable ? this.#meter() : undefined),
      setCpu: (quota) => {
        this.quotas.push(quota);
        if (this.refuses) return Promise.reject(new Error('no session'));
        const take = (): void => {
          if (this.obeys) this.wants = quota === 'max' ? 1 : quota / 100_000;
        };
        if (this.slowMs === 0) {
          take();
          return Promise.resolve();
        }
        return new Promise((resolve) => {
          this.clock.after(this.slowMs, () => {
            take();
            resolve();
          });
        });
      },
      pause: () => {
        this.#meter();
        this.paused = true;
        this.sent.push('stop');
      },
      resume: () => {
        this.#meter();
        this.paused = false;
        this.sent.push('cont');
      },
      clock: this.clock,
      log: { ...silentLog, info: (_topic, words) => this.told.push(words) },
      onChange: () => {
        this.changes += 1;
      },
    });
  }

  /** Time passes in small steps, with the promises in between. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(Math.min(50, left));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async used(ms: number): Promise<number> {
    const before = this.#meter();
    await this.pass(ms);
    return (this.#meter() - before) / ms;
  }

  #meter(): number {
    const now = this.clock.monotonic();
    if (!this.paused) this.#cpuMs += (now - this.#at) * this.wants;
    this.#at = now;
    return this.#cpuMs;
  }
}

let guest: Guest;
beforeEach(() => {
  guest = new Guest(0.5);
});

describe('sampling', () => {
  it('happens once a second while the VM runs, and not at all while it is held', async () => {
    guest.governor.run();
    await guest.pass(5000);
    expect(guest.changes).toBe(5);
    guest.governor.hold();
    expect(guest.clock.pending).toBe(0);
    await guest.pass(60_000);
    expect(guest.changes).toBe(5);
    guest.governor.run();
    await guest.pass(1000);
    expect(guest.changes).toBe(6);
  });

  it('leaves out the time in which the VM was held', async () => {
    guest.wants = 0.4;
    guest.governor.run();
    await guest.pass(6000);
    guest.governor.hold();
    guest.wants = 0;
    await guest.pass(60_000);
    guest.wants = 0.4;
    guest.governor.run();
    await guest.pass(4000);
    expect(guest.governor.measured).toBeCloseTo(0.4);
  });

  it('tells nothing where CPU time cannot be read, but still sets the quota', async () => {
    guest.readable = false;
    guest.governor.run();
    await guest.pass(20_000);
    expect(guest.governor.measured).toBeNull();
    expect(guest.quotas).toEqual([49_000]);
  });
});

describe('the quota', () => {
  it('is set once and not again without need', async () => {
    guest.wants = 0.5;
    await guest.governor.apply();
    guest.governor.run();
    await guest.pass(60_000);
    expect(guest.quotas).toEqual([49_000]);
  });

  it('follows the grant at once, and is lifted at a full share', async () => {
    guest.governor.run();
    guest.governor.setShare(0.25);
    await guest.pass(50);
    guest.governor.setShare(1);
    await guest.pass(50);
    expect(guest.quotas.slice(-2)).toEqual([24_000, 'max']);
  });

  it('is never talked about at a full share', async () => {
    const free = new Guest(1);
    await free.governor.apply();
    free.governor.run();
    await free.pass(30_000);
    expect(free.quotas).toEqual([]);
  });

  it('is tried again with the next sample when the session did not take it', async () => {
    guest.refuses = true;
    await expect(guest.governor.apply()).rejects.toThrow('no session');
    guest.refuses = false;
    guest.governor.run();
    await guest.pass(1100);
    expect(guest.quotas).toEqual([49_000, 49_000]);
  });
});

describe('force', () => {
  it('stops and continues a guest that does not obey, until the share holds', async () => {
    guest.wants = 1;
    guest.governor.run();
    await guest.pass(15_000);
    expect(guest.governor.mode).toBe('pwm');
    expect(await guest.used(10_000)).toBeCloseTo(0.5, 1);
    expect(guest.sent).toContain('stop');
  });

  it('sends nothing any more once the VM is held, and begins with letting it go on', async () => {
    guest.wants = 1;
    guest.governor.run();
    await guest.pass(15_000);
    guest.governor.hold();
    guest.sent.length = 0;
    await guest.pass(10_000);
    expect(guest.sent).toEqual([]);
    guest.governor.run();
    expect(guest.sent).toEqual(['cont']);
  });

  it('ends when the grant rises, with the VM running', async () => {
    guest.wants = 1;
    guest.governor.run();
    await guest.pass(15_000);
    guest.governor.setShare(1);
    expect(guest.governor.mode).toBe('cgroup');
    expect(guest.sent.at(-1)).toBe('cont');
    const { length } = guest.sent;
    await guest.pass(10_000);
    expect(guest.sent).toHaveLength(length);
  });

  it('ends when the guest obeys again', async () => {
    guest.wants = 1;
    guest.governor.run();
    await guest.pass(15_000);
    guest.wants = 0.3;
    await guest.pass(60_000);
    expect(guest.governor.mode).toBe('cgroup');
    expect(guest.paused).toBe(false);
    guest.wants = 1;
    await guest.pass(60_000);
    expect(guest.governor.mode).toBe('pwm');
    expect(guest.told).toEqual(['the guest exceeds its CPU share: it is held to it by stopping it in turns']);
  });
});

describe('a new grant', () => {
  it('does not hold against the guest what it used until it had its quota', async () => {
    guest = new Guest(1);
    guest.wants = 1;
    guest.obeys = true;
    guest.governor.run();
    await guest.pass(12_000);
    guest.slowMs = 1400;
    guest.governor.setShare(0.25);
    await guest.pass(15_000);
    expect(guest.governor.mode).toBe('cgroup');
    expect(guest.sent).toEqual([]);
    expect(await guest.used(20_000)).toBeGreaterThan(0.23);
  });

  it('is enforced on a guest that never takes it', async () => {
    guest = new Guest(1);
    guest.wants = 1;
    guest.slowMs = 1e9;
    guest.governor.run();
    await guest.pass(2000);
    guest.governor.setShare(0.25);
    await guest.pass(9000);
    expect(guest.governor.mode).toBe('pwm');
    expect(await guest.used(10_000)).toBeLessThan(0.27);
  });
});
