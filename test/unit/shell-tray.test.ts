import { describe, expect, it } from 'vitest';
import { type TrayHandle, TrayPresenter } from '../../electron/shell/tray.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeContribution, fakeSnapshot } from '../fakes/fake-host.ts';

/** A fake tray that keeps what it was told. */
function fakeTrays() {
  const told: string[] = [];
  let alive = 0;
  return {
    told,
    alive: () => alive,
    create(): TrayHandle {
      alive += 1;
      return {
        picture: (icon) => told.push(`picture ${icon}`),
        tooltip: () => told.push('tooltip'),
        menu: () => told.push('menu'),
        dispose: () => {
          alive -= 1;
        },
      };
    },
  };
}

const english = await createSpeaker('en');

function presenting(clock = new FakeClock()) {
  const trays = fakeTrays();
  const presenter = new TrayPresenter({
    create: () => trays.create(),
    act: () => undefined,
    clock,
    speaker: () => english,
    problems: () => [],
  });
  const since = (): string[] => trays.told.splice(0);
  since();
  return { presenter, trays, since, clock };
}

describe('TrayPresenter', () => {
  it('touches only what changed', () => {
    const { presenter, since } = presenting();
    presenter.update(fakeSnapshot());
    expect(since()).toEqual(['picture working', 'tooltip', 'menu']);
    presenter.update(fakeSnapshot({ at: 5, jobs: [] }));
    expect(since()).toEqual([]);
    presenter.update(fakeSnapshot({ today: { ...fakeSnapshot().today, jobsDone: 4 } }));
    expect(since()).toEqual(['menu']);
  });

  it('counts a pause down once a minute, and no more after it', () => {
    const clock = new FakeClock();
    const { presenter, since } = presenting(clock);
    const pause = { length: '30m', since: clock.now(), until: clock.now() + 125_000 } as const;
    presenter.update(fakeSnapshot({ contribution: fakeContribution({ state: 'paused', pause }) }));
    since();
    clock.advance(4_999);
    expect(since()).toEqual([]);
    clock.advance(1);
    expect(since()).toEqual(['menu']);
    clock.advance(60_000);
    expect(since()).toEqual(['menu']);
    clock.advance(600_000);
    expect(clock.pending).toBe(0);
    presenter.update(fakeSnapshot());
    expect(clock.pending).toBe(0);
  });

  it('draws everything anew on a new tray, and leaves the old one', () => {
    const { presenter, trays, since } = presenting();
    presenter.update(fakeSnapshot());
    since();
    presenter.recreate();
    expect(since()).toEqual(['picture working', 'tooltip', 'menu']);
    expect(trays.alive()).toBe(1);
    presenter.dispose();
    expect(trays.alive()).toBe(0);
  });

  it('leaves no timer behind', () => {
    const clock = new FakeClock();
    const { presenter } = presenting(clock);
    const pause = { length: '1h', since: clock.now(), until: clock.now() + 3_600_000 } as const;
    presenter.update(fakeSnapshot({ contribution: fakeContribution({ state: 'paused', pause }) }));
    expect(clock.pending).toBe(1);
    presenter.dispose();
    expect(clock.pending).toBe(0);
  });
});
