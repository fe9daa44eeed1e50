import { Preset } from '../contract/settings.ts';
import { type ContributionState, PauseLength, type Snapshot } from '../contract/snapshot.ts';
import { text } from './text.ts';

/** What the tray's picture tells: by shape, so that colour is never needed. */
export type TrayIcon = 'working' | 'yielding' | 'paused' | 'waiting' | 'attention';

export type TrayAction =
  | { readonly do: 'pause'; readonly length: PauseLength }
  | { readonly do: 'resume' }
  | { readonly do: 'preset'; readonly preset: Preset }
  | { readonly do: 'open' }
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

/** Labels come from outside too (a job's title, a failure): one line, bounded, `&` doubled as menus want it. Pure. */
export function menuLabel(words: string): string {
  const line = words.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const short = line.length > longestLabel ? `${line.slice(0, longestLabel - 1)}…` : line;
  return short.replaceAll('&', '&&');
}

const words = (label: string): TrayEntry => ({ kind: 'words', label: menuLabel(label) });

function pauseEntries(snapshot: Snapshot, now: number): TrayEntry[] {
  const { pause } = snapshot.contribution;
  const choices: TrayEntry = {
    kind: 'menu',
    label: text.pause,
    entries: PauseLength.options.map((length) => ({
      kind: 'action',
      label: text.pauseChoice(length),
      action: { do: 'pause', length },
    })),
  };
  if (!pause) return [choices];
  const left = pause.until === null ? [] : [words(text.timeLeft(pause.until - now))];
  return [...left, { kind: 'action', label: text.resume, action: { do: 'resume' } }, choices];
}

function presetEntry({ preset }: Snapshot): TrayEntry {
  const locked = preset.source === 'locked';
  return {
    kind: 'menu',
    label: text.preset(preset.name),
    entries: [
      ...Preset.options.map(
        (name): TrayEntry => ({
          kind: 'choice',
          label: text.presetChoice(name),
          chosen: name === preset.name,
          enabled: !locked,
          action: { do: 'preset', preset: name },
        }),
      ),
      ...(locked ? [separator, words(text.setBy(preset.organization))] : []),
    ],
  };
}

function todayEntries({ today, grids }: Snapshot): TrayEntry[] {
  const name = (id: string): string => grids.find((grid) => grid.id === id)?.name ?? id;
  return [
    words(text.todayUsed(today.cpuSeconds, today.jobsDone)),
    // Units are never added up: one line each.
    ...today.earned.map((row) => words(text.todayEarned(name(row.grid), row))),
  ];
}

const roots: readonly TrayEntry[] = [
  { kind: 'action', label: text.open, action: { do: 'open' } },
  { kind: 'action', label: text.quit, action: { do: 'quit' } },
];

/** The tray before the host has said anything. */
export const firstTrayModel: TrayModel = {
  icon: 'waiting',
  tooltip: `${text.app}: ${text.connecting}`,
  entries: [words(text.connecting), separator, ...roots],
  staleAt: null,
};

/** Everything that the tray shows for a Snapshot at `now` (epoch ms). Its first line says what happens and why. Pure. */
export function trayModel(snapshot: Snapshot, now: number): TrayModel {
  const { contribution, problems } = snapshot;
  const until = contribution.pause?.until ?? null;
  const left = until === null ? 0 : until - now;
  return {
    icon: icons[contribution.state],
    tooltip: text.tooltip(text.state(contribution.state), menuLabel(contribution.sentence)),
    entries: [
      words(contribution.sentence),
      ...problems
        .filter((problem) => problem.sentence !== contribution.sentence)
        .slice(0, 3)
        .map((problem) => words(text.problem(problem.sentence))),
      separator,
      ...pauseEntries(snapshot, now),
      presetEntry(snapshot),
      separator,
      ...todayEntries(snapshot),
      separator,
      ...roots,
    ],
    // The minutes left change when the rest crosses a whole minute.
    staleAt: left > 0 ? now + (left % 60_000 || 60_000) : null,
  };
}
