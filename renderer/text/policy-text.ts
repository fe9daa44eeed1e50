import type { ReasonCode } from '../../electron/contract/policy.ts';
import type { EffectiveSetting, Preset } from '../../electron/contract/settings.ts';
import type { InputSource, Signals } from '../../electron/contract/signals.ts';
import { bytes, percent } from './format.ts';
import { text } from './text.ts';

const cause: Readonly<Record<ReasonCode, string>> = {
  'profile-broken': 'unreadable settings',
  shutdown: 'shutdown',
  sleep: 'sleep',
  pause: 'your pause',
  disabled: 'turned off',
  call: 'a call',
  presentation: 'a presentation or film',
  'full-screen': 'full screen',
  program: 'a program',
  'remote-session': 'use from afar',
  input: 'your input',
  load: 'other programs',
  battery: 'battery',
  schedule: 'the schedule',
  disk: 'a full disk',
  quiet: 'quiet mode',
  'locked-screen': 'the locked screen',
  turn: 'Another grid’s turn',
  limit: 'a limit',
};

const inputSource: Readonly<Record<InputSource, string>> = {
  x11: 'at once, by X11',
  gnome: 'at once, by GNOME',
  kde: 'at once, by KDE',
  windows: 'at once, by Windows',
  macos: 'at once, by macOS',
  polled: 'by looking',
};

const preset: Readonly<Record<Preset, readonly [name: string, about: string]>> = {
  gentle: ['Gentle', 'Stops at any input and stays quiet: you never feel it.'],
  balanced: ['Balanced', 'Takes a quarter while you use the computer, and stops when you need all of it.'],
  generous: ['Generous', 'Gives most of the processor even while you use the computer.'],
};

/** How input was or is noticed; `pollMs` 0: by event. */
export function inputSeen(source: InputSource | null, pollMs: number): string {
  if (source === null) return text.none;
  return pollMs > 0 ? `by looking every ${pollMs} ms` : inputSource[source];
}

/** Where a value comes from, in words. */
export function sourceWords(setting: EffectiveSetting, organization: string | null): string {
  switch (setting.source) {
    case 'locked':
      return text.setBy(organization);
    case 'default':
      return `default ${text.setBy(organization)}`;
    case 'grid':
      return 'limited by a grid';
    case 'user':
      return setting.preset === null ? 'changed by you' : fromPreset(setting.preset);
    case 'built-in':
      return setting.preset === null ? 'built in' : fromPreset(setting.preset);
  }
}

const fromPreset = (name: Preset): string => `from ${preset[name][0]}`;

const unknown = null;
const yesNo = (value: boolean | null, yes: string, no: string): string | null =>
  value === null ? unknown : value ? yes : no;

/** Every signal with its name and what it says; null: this computer does not tell. */
export function signalRows(signals: Signals): readonly (readonly [name: string, value: string | null])[] {
  const { charge, programs } = signals;
  const battery = charge === null ? 'on battery' : `on battery, ${percent(charge)} charged`;
  return [
    ['Your input', signals.inputSource && `noticed ${inputSeen(signals.inputSource, signals.inputPollMs)}`],
    ['Screen', yesNo(signals.screenLocked, 'locked', 'not locked')],
    ['Microphone or camera', yesNo(signals.call, 'in use', 'not in use')],
    ['Full screen', yesNo(signals.fullScreen, 'a program fills it', 'no')],
    ['Presentation or film', yesNo(signals.presentation, 'shown', 'not shown')],
    ['Use from afar', yesNo(signals.remoteSession, 'yes', 'no')],
    ['Power', yesNo(signals.onBattery, battery, 'plugged in')],
    ['Load of other programs', signals.otherLoad === null ? unknown : percent(signals.otherLoad)],
    ['Named programs', programs && (programs.length === 0 ? 'none runs' : `${programs.join(', ')} runs`)],
    ['CPU temperature', signals.temperatureC === null ? unknown : `${Math.round(signals.temperatureC)} °C`],
    ['Fastest fan', signals.fanRpm === null ? unknown : `${Math.round(signals.fanRpm)} turns per minute`],
    ['CPU power', signals.packageWatts === null ? unknown : `${Math.round(signals.packageWatts)} W`],
    ['Free disk', signals.diskFreeBytes === null ? unknown : bytes(signals.diskFreeBytes)],
    ['Network', yesNo(signals.meteredNetwork, 'billed by volume', 'not billed by volume')],
    ['Lid', yesNo(signals.lidClosed, 'closed', 'open')],
    ...(signals.sleeping ? [['Sleep', 'about to begin'] as const] : []),
    ...(signals.shuttingDown ? [['Shutdown', 'about to begin'] as const] : []),
  ];
}

/** The words of presets, causes, signals and preferences. */
export const policyText = {
  cause: (code: ReasonCode): string => cause[code],
  preset: 'Preset',
  presets: 'How polite it is',
  presetName: (name: Preset): string => preset[name][0],
  presetNames: { gentle: preset.gentle[0], balanced: preset.balanced[0], generous: preset.generous[0] },
  presetAbout: (name: Preset): string => preset[name][1],
  differing: (count: number): string =>
    count === 1
      ? 'One value below differs from the preset.'
      : `${count} values below differ from the preset.`,
  back: 'Back to preset',
  backLabel: (name: string): string => `${name}: back to preset`,
  changed: (name: string, before: string, after: string): string => `${name}: ${before} → ${after}.`,
  undo: 'Undo',
  more: 'Disk, memory and the virtual machine',
  always: 'At any time',
  addWindow: 'Add a time',
  removeWindow: 'Remove',
  removeLabel: (name: string): string => `Remove ${name.toLowerCase()}`,
  windowName: (number: number): string => `Time ${number}`,
  from: 'From',
  to: 'To',
  weekdays: { mon: 'Mo', tue: 'Tu', wed: 'We', thu: 'Th', fri: 'Fr', sat: 'Sa', sun: 'Su' },
  weekdayNames: {
    mon: 'Monday',
    tue: 'Tuesday',
    wed: 'Wednesday',
    thu: 'Thursday',
    fri: 'Friday',
    sat: 'Saturday',
    sun: 'Sunday',
  },
  sees: 'What Gleaner sees',
  seesShow: 'Show what it sees now',
  seesAbout: 'Only what could change a decision is looked at; nothing of it leaves this computer.',
  unknown: 'unknown',
  trouble: (sensor: string, words: string): string => `“${sensor}” does not work: ${words}`,
  none: 'none',
  given: 'given',
  on: 'on',
  off: 'off',
} as const;
