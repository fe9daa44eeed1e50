import { expect, test } from 'vitest';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { NoticesTold } from '../../electron/shell/notices.ts';
import { Notifier, type NotifierOptions } from '../../electron/shell/notifier.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeContribution, fakeSnapshot } from '../fakes/fake-host.ts';

const english = await createSpeaker('en');
const sentence = 'QEMU is not installed.';
const broken = fakeSnapshot({
  contribution: fakeContribution({ state: 'attention', sentence }),
  problems: [{ code: 'qemu-missing', sentence }],
});

function begin() {
  const clock = new FakeClock();
  const happened: string[] = [];
  const clicks: (() => void)[] = [];
  const options: NotifierOptions = {
    clock,
    speaker: () => english,
    show: ({ title }, onClick) => {
      happened.push(`show ${title}`);
      clicks.push(onClick);
      return {
        dispose: () => {
          happened.push(`close ${title}`);
        },
      };
    },
    open: ({ page }) => {
      happened.push(`open ${page}`);
    },
    isWatched: () => false,
    told: NoticesTold.parse({ credited: true }),
    onTold: () => {
      happened.push('remember');
    },
  };
  const notifier = new Notifier(options);
  const update = (snapshot: Snapshot): void => {
    notifier.update({ ...snapshot, at: clock.now() });
  };
  return { clock, notifier, update, clicks, since: () => happened.splice(0) };
}

test('looks by itself when a minute has gone by, and remembers before it shows', () => {
  const { clock, update, clicks, since } = begin();
  update(fakeSnapshot());
  expect(clock.pending).toBe(0);
  update(broken);
  clock.advance(59_999);
  expect(since()).toEqual([]);
  clock.advance(1);
  expect(since()).toEqual(['remember', 'show Gleaner needs attention']);
  clicks[0]?.();
  expect(since()).toEqual(['open health']);
});

test('keeps one of a kind on the desktop, and none when it ends', () => {
  const { clock, notifier, update, since } = begin();
  update(broken);
  clock.advance(60_000);
  since();
  // A day goes by in which nothing else happens.
  for (let minutes = 0; minutes < 1450; minutes += 10) clock.advance(600_000);
  expect(since()).toEqual(['remember', 'close Gleaner needs attention', 'show Gleaner needs attention']);
  update(fakeSnapshot());
  expect(clock.pending).toBe(0);
  update(broken);
  expect(clock.pending).toBe(1);
  notifier.dispose();
  expect(since()).toEqual(['close Gleaner needs attention']);
  expect(clock.pending).toBe(0);
});
