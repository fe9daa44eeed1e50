import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainly } from '../../electron/contract/said.ts';
import { ContributionState, type Snapshot } from '../../electron/contract/snapshot.ts';
import { plainUpdate } from '../../electron/contract/update.ts';
import {
  firstTrayModel,
  menuLabel,
  trayModel as modelOf,
  type TrayEntry,
} from '../../electron/shell/tray-model.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { fakeContribution, fakeNow, fakeSnapshot } from '../fakes/fake-host.ts';

const english = await createSpeaker('en');
const trayModel = (snapshot: Snapshot, now: number) => modelOf(snapshot, now, english);

const labels = (entries: readonly TrayEntry[]): string[] =>
  entries.flatMap((entry) => {
    if (entry.kind === 'separator') return ['—'];
    if (entry.kind === 'menu') return [entry.label, ...labels(entry.entries).map((label) => `  ${label}`)];
    return [entry.label];
  });

const paused = (until: number | null): Snapshot =>
  fakeSnapshot({
    contribution: fakeContribution({
      state: 'paused',
      sentence: 'Paused.',
      pause: { length: until === null ? 'manual' : '1h', since: fakeNow, until },
    }),
  });

describe('trayModel', () => {
  it('offers a person what the administrator of a service leaves to them', () => {
    const of = (mayPause: 'everyone' | 'administrators' | null) =>
      trayModel(fakeSnapshot({ service: { mayPause, asks: [] } }), fakeNow).entries;
    expect(labels(of('everyone'))).toContain('  For 30 minutes');
    expect(labels(of('administrators'))).not.toContain('  For 30 minutes');
    expect(labels(of('administrators'))).toContain('Pausing and resuming are up to your administrator');
    // While it does not answer, nobody is asked.
    expect(labels(of(null)).filter((label) => /paus|minutes/i.test(label))).toEqual([]);
    for (const entries of [of('everyone'), of('administrators')]) {
      const presets = entries.flatMap((entry) => (entry.kind === 'menu' ? entry.entries : []));
      const choices = presets.filter((entry) => entry.kind === 'choice');
      expect(choices.map(({ enabled }) => enabled)).toEqual([false, false, false]);
    }
  });

  it('says first what happens, then offers pause, today and the way in and out', () => {
    const model = trayModel(fakeSnapshot(), fakeNow);
    expect(labels(model.entries)).toEqual([
      'Working',
      'Working: nobody needs this computer.',
      '—',
      'Pause',
      '  For 30 minutes',
      '  For 1 hour',
      '  Until tomorrow',
      '  Until I resume',
      'Preset: Balanced',
      '  Gentle',
      '  Balanced',
      '  Generous',
      '—',
      'Today: 12 min of CPU time, 3 jobs done',
      'Earned today (This computer): 15 points',
      'Gave your computer back in 1.2 ms',
      '—',
      'Open Gleaner',
      'Preferences…',
      'Health…',
      '—',
      'Quit Gleaner',
    ]);
    expect(model.icon).toBe('working');
    expect(model.tooltip).toBe('Gleaner: Working. Working: nobody needs this computer.');
    expect(model.staleAt).toBeNull();
  });

  it('offers the way in and out before the host has said anything', () => {
    const model = firstTrayModel(english);
    expect(labels(model.entries)).toEqual([
      'Starting Gleaner.',
      '—',
      'Open Gleaner',
      'Preferences…',
      'Health…',
      '—',
      'Quit Gleaner',
    ]);
    expect(model.tooltip).toBe('Starting Gleaner.');
  });

  it('says nothing of giving back before it happened, and tenths only of short times', () => {
    const gaveBack = (lastMs: number | null): string[] =>
      labels(
        trayModel(fakeSnapshot({ yields: { ...fakeSnapshot().yields, lastMs } }), fakeNow).entries,
      ).filter((label) => label.startsWith('Gave'));
    expect([gaveBack(null), gaveBack(9.94), gaveBack(1234.5)]).toEqual([
      [],
      ['Gave your computer back in 9.9 ms'],
      ['Gave your computer back in 1,235 ms'],
    ]);
  });

  it('shows the time left, rounded up, and asks to be shown anew when it changes', () => {
    const model = trayModel(paused(fakeNow + 26 * 60_000 + 1), fakeNow);
    expect(labels(model.entries).slice(0, 5)).toEqual([
      'Paused',
      'Paused.',
      'Goes on in 27 min',
      '—',
      'Resume',
    ]);
    expect(model.staleAt).toBe(fakeNow + 1);
    expect(labels(trayModel(paused(fakeNow + 26 * 60_000), fakeNow).entries)).toContain('Goes on in 26 min');
    expect(trayModel(paused(fakeNow + 26 * 60_000), fakeNow).staleAt).toBe(fakeNow + 60_000);
    expect(labels(trayModel(paused(fakeNow + 90 * 60_000), fakeNow).entries)).toContain(
      'Goes on in 1 h 30 min',
    );
  });

  it('counts nothing down when the pause has no end, or is over', () => {
    expect(labels(trayModel(paused(null), fakeNow).entries).slice(2, 5)).toEqual(['—', 'Resume', 'Pause']);
    expect(trayModel(paused(null), fakeNow).staleAt).toBeNull();
    expect(trayModel(paused(fakeNow - 1), fakeNow).staleAt).toBeNull();
  });

  it('lists problems that the first line does not say already, at most three', () => {
    const problem = (sentence: string) => ({ code: 'internal', sentence }) as const;
    const snapshot = fakeSnapshot({
      contribution: fakeContribution({ state: 'attention', sentence: 'Bad.' }),
      problems: ['Bad.', 'One.', 'Two.', 'Three.', 'Four.'].map(problem),
    });
    const model = trayModel(snapshot, fakeNow);
    expect(labels(model.entries).slice(0, 7)).toEqual([
      'Needs attention',
      'Bad.',
      '—',
      '⚠ One.',
      '⚠ Two.',
      '⚠ Three.',
      '—',
    ]);
    const own = modelOf(snapshot, fakeNow, english, [problem('Zero.')]);
    expect(labels(own.entries).slice(3, 6)).toEqual(['⚠ Zero.', '⚠ One.', '⚠ Two.']);
    expect(model.icon).toBe('attention');
  });

  it('keeps each grid and unit on a line of its own', () => {
    const snapshot = fakeSnapshot({
      today: {
        ...fakeSnapshot().today,
        earned: [
          { grid: 'local', unit: 'points', settled: 1.239, pending: 0, observed: 0 },
          { grid: 'somewhere', unit: 'credit', settled: 0, pending: 7, observed: 0 },
          { grid: 'orchard', unit: 'credit', settled: 0, pending: 0, observed: 12.304 },
          { grid: 'both', unit: 'credit', settled: 2, pending: 1, observed: 3 },
        ],
      },
    });
    expect(labels(trayModel(snapshot, fakeNow).entries)).toEqual(
      expect.arrayContaining([
        'Earned today (This computer): 1.24 points',
        'Earned today (somewhere): 0 credit, 7 credit pending',
        'Earned today (orchard): 12.3 credit observed',
        'Earned today (both): 2 credit, 3 credit observed, 1 credit pending',
      ]),
    );
  });

  const choices = (snapshot: Snapshot): string[] => {
    const menu = trayModel(snapshot, fakeNow).entries.find(
      (entry) => entry.kind === 'menu' && entry.label.startsWith('Preset'),
    );
    return (menu?.kind === 'menu' ? menu.entries : []).map((entry) =>
      entry.kind === 'choice'
        ? `${entry.chosen ? '(•)' : '( )'} ${entry.label}${entry.enabled ? '' : ' disabled'} ${JSON.stringify(entry.action)}`
        : entry.kind === 'separator'
          ? '—'
          : entry.label,
    );
  };

  it('offers the presets, the one in force marked', () => {
    const preset = { name: 'gentle', source: 'default', organization: 'Acme & Sons' } as const;
    expect(choices(fakeSnapshot({ preset }))).toEqual([
      '(•) Gentle {"do":"preset","preset":"gentle"}',
      '( ) Balanced {"do":"preset","preset":"balanced"}',
      '( ) Generous {"do":"preset","preset":"generous"}',
    ]);
  });

  it('shows a locked preset with who set it, and lets nobody choose', () => {
    const locked = (organization: string | null): string[] =>
      choices(fakeSnapshot({ preset: { name: 'generous', source: 'locked', organization } }));
    expect(locked('Acme & Sons')).toEqual([
      '( ) Gentle disabled {"do":"preset","preset":"gentle"}',
      '( ) Balanced disabled {"do":"preset","preset":"balanced"}',
      '(•) Generous disabled {"do":"preset","preset":"generous"}',
      '—',
      'Set by Acme && Sons',
    ]);
    expect(locked(null).at(-1)).toBe('Set by your organization');
    const preset = { name: 'generous', source: 'locked', organization: null } as const;
    expect(labels(trayModel(fakeSnapshot({ preset }), fakeNow).entries)).toContain(
      'Preset: Generous (locked)',
    );
  });

  it('says in another language what the host says in English', () => {
    // No other is at hand: its messages are English, but what the host has written is not used.
    const other = { ...english, language: 'de' } as const;
    const snapshot = fakeSnapshot({
      contribution: fakeContribution({ sentence: 'Own words.', said: plainly('state.giving-back') }),
      problems: [{ code: 'disk-full', sentence: 'Own words, too.' }],
    });
    const model = modelOf(snapshot, fakeNow, other, [{ code: 'internal', sentence: 'And the shell’s.' }]);
    expect(model.tooltip).toBe('Gleaner: Working. Giving your computer back.');
    expect(labels(model.entries).slice(0, 5)).toEqual([
      'Working',
      'Giving your computer back.',
      '—',
      '⚠ Something went wrong inside Gleaner.',
      '⚠ The disk is full.',
    ]);
  });

  it('tells a computer that was given back from a paused one by its picture', () => {
    const icon = (state: ContributionState): string =>
      trayModel(fakeSnapshot({ contribution: fakeContribution({ state }) }), fakeNow).icon;
    expect([icon('yielding'), icon('paused'), icon('waiting')]).toEqual(['yielding', 'paused', 'waiting']);
  });

  it.each(ContributionState.options)('has a picture and a way out in state %s', (state) => {
    const snapshot = fakeSnapshot({ contribution: fakeContribution({ state, sentence: 'So it is.' }) });
    const model = trayModel(snapshot, fakeNow);
    expect(labels(model.entries)[0]).toMatch(/^[A-Z]/);
    expect(labels(model.entries)[1]).toBe('So it is.');
    expect(labels(model.entries).at(-1)).toBe('Quit Gleaner');
    expect(['working', 'yielding', 'paused', 'waiting', 'attention']).toContain(model.icon);
  });
});

describe('a newer version', () => {
  const update = (state: 'ready' | 'waiting'): Snapshot =>
    fakeSnapshot({ update: { ...plainUpdate(state), version: '1.3.0' } });

  it('is offered where it waits for the person’s word, and there alone', () => {
    const { entries } = trayModel(update('ready'), fakeNow);
    expect(entries).toContainEqual({
      kind: 'action',
      label: 'Restart to update to 1.3.0',
      action: { do: 'update' },
    });
    expect(labels(trayModel(update('waiting'), fakeNow).entries)).toEqual(
      labels(trayModel(fakeSnapshot(), fakeNow).entries),
    );
  });
});

describe('menuLabel', () => {
  // Half of them where the controls are. Fast-check's own `binary` unit takes a second to be set up.
  const character = fc
    .oneof(fc.nat(0x206f), fc.nat(0x10ffff))
    .map((codePoint) => String.fromCodePoint(codePoint));

  it('makes one bounded line without controls of whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 200 }), (words) => {
        const label = menuLabel(words);
        expect(label).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u2068\u2069])\p{Cf}/u);
        expect(label.replaceAll('&&', '&').replaceAll('\u2069', '').length).toBeLessThanOrEqual(120);
      }),
    );
  });

  it('keeps an ampersand from becoming a shortcut', () => {
    expect(menuLabel('Black & Scholes')).toBe('Black && Scholes');
  });
});
