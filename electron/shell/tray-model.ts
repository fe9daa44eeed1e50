import { sayFailure, sayState } from '../../text/said.ts';
import type { Speaker } from '../../text/speaker.ts';
import type { Failure } from '../contract/failures.ts';
import type { Place } from '../contract/place.ts';
import { Preset } from '../contract/settings.ts';
import { type ContributionState, PauseChoice, type Snapshot, type Today } from '../contract/snapshot.ts';
import { figure, oneLine, timeLeft, timeSpan } from './words.ts';

/** What the tray's picture tells: by shape, so that colour is never needed. */
export const trayIcons = ['working', 'yielding', 'paused', 'waiting', 'attention'] as const;
export type TrayIcon = (typeof trayIcons)[number];

export type TrayAction =
  | { readonly do: 'pause'; readonly length: PauseChoice }
  | { readonly do: 'resume' }
  /** Consent to a restart into the newer version. */
  | { readonly do: 'update' }
  | { readonly do: 'preset'; readonly preset: Preset }
  /** The window; `place`: where in it, if that is to change. */
  | { readonly do: 'open'; readonly place?: Place }
  | { readonly do: 'quit' };

export type TrayEntry =
  | { readonly kind: 'words'; readonly label: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  /** One of several of which one holds; they stand beside each other. */
  | {
      readonly kind: 'choice';
      readonly label: string;
      readonly chosen: boolean;
      readonly enabled: boolean;
      readonly action: TrayAction;
    }
  | { readonly kind: 'menu'; readonly label: string; readonly entries: readonly TrayEntry[] };

export interface TrayModel {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  readonly entries: readonly TrayEntry[];
  /** Epoch ms at which the same Snapshot reads differently; null: never. */
  readonly staleAt: number | null;
}

const icons: Readonly<Record<ContributionState, TrayIcon>> = {
  working: 'working',
  starting: 'waiting',
  yielding: 'yielding',
  paused: 'paused',
  waiting: 'waiting',
  attention: 'attention',
};

const separator: TrayEntry = { kind: 'separator' };
const longestLabel = 120;
const shownProblems = 3;

/** Any words as a label: `&` doubled, as menus want it. Pure. */
export function menuLabel(words: string): string {
  return oneLine(words, longestLabel).replaceAll('&', '&&');
}

const words = (label: string): TrayEntry => ({ kind: 'words', label: menuLabel(label) });
const action = (label: string, what: TrayAction): TrayEntry => ({
  kind: 'action',
  label: menuLabel(label),
  action: what,
});

/** Entries of one group after the other, with a line between those that have any. */
function grouped(groups: readonly (readonly TrayEntry[])[]): TrayEntry[] {
  return groups
    .filter((entries) => entries.length > 0)
    .flatMap((entries, index) => (index === 0 ? entries : [separator, ...entries]));
}

/** What happens, why, and until when, where that is known. */
function stateEntries({ contribution }: Snapshot, now: number, speaker: Speaker): TrayEntry[] {
  const until = contribution.pause?.until ?? null;
  return [
    words(speaker.t(`tray:state.${contribution.state}`)),
    words(sayState(speaker, contribution, now)),
    ...(until === null || until <= now
      ? []
      : [words(speaker.t('tray:goesOn', { time: timeLeft(speaker, until - now) }))]),
  ];
}

function pauseEntries({ contribution, service }: Snapshot, { t }: Speaker): TrayEntry[] {
  if (service?.mayPause === null) return [];
  if (service?.mayPause === 'administrators') return [words(t('tray:pause.refused'))];
  const choices: TrayEntry = {
    kind: 'menu',
    label: menuLabel(t('tray:pause')),
    entries: PauseChoice.options.map((length) => action(t(`tray:pause.${length}`), { do: 'pause', length })),
  };
  return contribution.pause ? [action(t('tray:resume'), { do: 'resume' }), choices] : [choices];
}

function presetEntry({ preset, service }: Snapshot, { t }: Speaker): TrayEntry {
  // What a service of the machine does is for its administrator to change.
  const locked = preset.source === 'locked' || service !== null;
  const { organization } = preset;
  const setBy =
    organization === null ? t('tray:setBy.unnamed') : t('tray:setBy', { organization: organization });
  return {
    kind: 'menu',
    label: menuLabel(
      t(locked ? 'tray:lockedPreset' : 'tray:preset', { preset: t(`tray:preset.${preset.name}`) }),
    ),
    entries: [
      ...Preset.options.map(
        (name): TrayEntry => ({
          kind: 'choice',
          label: menuLabel(t(`tray:preset.${name}`)),
          chosen: name === preset.name,
          enabled: !locked,
          action: { do: 'preset', preset: name },
        }),
      ),
      ...(locked ? [separator, words(setBy)] : []),
    ],
  };
}

/** What was earned of one grid's unit; what is observed was read off a grid that signs nothing. */
function amounts({ unit, settled, pending, observed }: Today['earned'][number], speaker: Speaker): string {
  const part = (kind: 'settled' | 'observed' | 'pending', value: number): string =>
    speaker.t(`tray:earned.${kind}`, { amount: figure(speaker, value, 2), unit });
  return new Intl.ListFormat(speaker.language, { type: 'unit', style: 'short' }).format([
    ...(settled > 0 || observed === 0 ? [part('settled', settled)] : []),
    ...(observed > 0 ? [part('observed', observed)] : []),
    ...(pending > 0 ? [part('pending', pending)] : []),
  ]);
}

function todayEntries({ today, grids, yields }: Snapshot, speaker: Speaker): TrayEntry[] {
  const { t } = speaker;
  const name = (id: string): string => grids.find((grid) => grid.id === id)?.name ?? id;
  const { lastMs } = yields;
  return [
    words(t('tray:today', { time: timeSpan(speaker, today.cpuSeconds), jobs: today.jobsDone })),
    // Units are never added up: one line each.
    ...today.earned.map((row) =>
      words(t('tray:earned', { grid: name(row.grid), amounts: amounts(row, speaker) })),
    ),
    ...(lastMs === null
      ? []
      : [words(t('tray:gaveBack', { ms: figure(speaker, lastMs, lastMs < 10 ? 1 : 0) }))]),
  ];
}

/** Those that the first lines do not say already. */
function problemEntries(snapshot: Snapshot, own: readonly Failure[], speaker: Speaker): TrayEntry[] {
  return [...own, ...snapshot.problems]
    .filter(({ sentence }) => sentence !== snapshot.contribution.sentence)
    .slice(0, shownProblems)
    .map((problem) => words(speaker.t('tray:problem', { sentence: sayFailure(speaker, problem).sentence })));
}

/** A newer version that waits for the person's word; one that waits for a moment has it, or needs none. */
function updateEntries({ update }: Snapshot, { t }: Speaker): TrayEntry[] {
  const { state, version } = update;
  return state === 'ready' && version !== null
    ? [action(t('tray:update', { version }), { do: 'update' })]
    : [];
}

function waysIn({ t }: Speaker): TrayEntry[] {
  return [
    action(t('tray:open'), { do: 'open' }),
    action(t('tray:preferences'), { do: 'open', place: { page: 'preferences' } }),
    action(t('tray:health'), { do: 'open', place: { page: 'health' } }),
  ];
}

const wayOut = ({ t }: Speaker): TrayEntry => action(t('tray:quit'), { do: 'quit' });

/** The tray before the host has said anything. Pure. */
export function firstTrayModel(speaker: Speaker): TrayModel {
  const { t } = speaker;
  return {
    icon: 'waiting',
    tooltip: t('tray:connecting'),
    entries: grouped([[words(t('tray:connecting'))], waysIn(speaker), [wayOut(speaker)]]),
    staleAt: null,
  };
}

/**
 * Everything that the tray shows for a Snapshot at `now` (epoch ms). Its first two lines say what happens and why. Pure.
 * @param own what the shell itself could not do
 */
export function trayModel(
  snapshot: Snapshot,
  now: number,
  speaker: Speaker,
  own: readonly Failure[] = [],
): TrayModel {
  const { contribution } = snapshot;
  const until = contribution.pause?.until ?? null;
  const left = until === null ? 0 : until - now;
  return {
    icon: icons[contribution.state],
    tooltip: oneLine(
      speaker.t('tray:tooltip', {
        state: speaker.t(`tray:state.${contribution.state}`),
        sentence: sayState(speaker, contribution, now),
      }),
      longestLabel,
    ),
    entries: grouped([
      stateEntries(snapshot, now, speaker),
      problemEntries(snapshot, own, speaker),
      updateEntries(snapshot, speaker),
      [...pauseEntries(snapshot, speaker), presetEntry(snapshot, speaker)],
      todayEntries(snapshot, speaker),
      waysIn(speaker),
      [wayOut(speaker)],
    ]),
    // The minutes left change when the rest crosses a whole minute.
    staleAt: left > 0 ? now + (left % 60_000 || 60_000) : null,
  };
}
