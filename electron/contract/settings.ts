import { z } from 'zod';
import type { Failure } from './failures.ts';
import { HostName, PortNumber } from './network.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** Share of the VM's vCPU time, 0…1; 0 means: not at all. */
const share = z.number().min(0).max(1);
const seconds = z
  .int()
  .min(0)
  .max(366 * 86_400);

export const Preset = z.enum(['gentle', 'balanced', 'generous']);
export type Preset = z.infer<typeof Preset>;

/** Where the host of this computer lives. */
export const HostPlace = z.enum(['session', 'service']);
export type HostPlace = z.infer<typeof HostPlace>;

/** Who may pause a service of the machine, and end a pause. */
export const MayPause = z.enum(['everyone', 'administrators']);
export type MayPause = z.infer<typeof MayPause>;

export const Weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
export type Weekday = z.infer<typeof Weekday>;

const wallTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'a time is written like 22:00');

/** Contribution is allowed on these days between these wall-clock times; `to` at or before `from` is on the next day. */
export const ScheduleWindow = z.strictObject({
  days: z.array(Weekday).min(1).max(7),
  from: wallTime,
  to: wallTime,
});
export type ScheduleWindow = z.infer<typeof ScheduleWindow>;

/** An IANA time zone that this computer knows. */
const timeZone = z.string().refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}, 'this time zone is not known');

const ProxySetting = z
  .string()
  .max(500)
  .refine(
    (text) =>
      text === 'system' || text === 'none' || /^(https?|pac\+https?):\/\/[^\s@/?#]+(\/[^\s@]*)?$/.test(text),
    'a proxy is written like http://proxy.example.org:3128, without name and password',
  );

/** A project that an organization joins for all of its computers. */
export const OrganizationProject = z.strictObject({
  url: z.string().min(1).max(500),
  /** A weak account key, which can do nothing but compute. */
  key: z.string().regex(/^[A-Za-z0-9_-]{16,256}$/),
  share: z.number().min(0).max(1_000_000).default(100),
  /** What its VM may contact besides the project's own address, as `host:port`. */
  contacts: z
    .array(z.strictObject({ host: HostName, port: PortNumber, private: z.boolean().default(false) }))
    .max(64)
    .default([]),
});
export type OrganizationProject = z.infer<typeof OrganizationProject>;

/** A pool that an organization joins on one computer. */
export const OrganizationPool = z.strictObject({
  /** Where the enrolment file lies on this computer; readable for nobody but the host, since it holds a token. */
  enrolment: z
    .string()
    .max(1000)
    .regex(/^(\/|[A-Za-z]:[\\/]|\\\\)[^\0]+$/, 'an enrolment file is named by its whole path'),
  share: z.number().min(0).max(1_000_000).default(100),
});
export type OrganizationPool = z.infer<typeof OrganizationPool>;

/**
 * Every setting by its key, with what it may hold. A value comes from the highest layer that names it:
 * built-in < admin default < user < locked. A layer that names a preset speaks for all of the preset's values, but
 * for {@link desktopKeys}.
 */
export const settingTypes = {
  /** Fills every key that the same layer does not name itself; see {@link presetValues}. */
  preset: Preset,
  /** Where the host lives: in each person's app, or as a service of the machine. */
  'host.place': HostPlace,
  /** Who may pause and resume where the host is a service: everyone who may use it, or root alone. */
  'service.mayPause': MayPause,
  /** Whether a package that is purged leaves the ledger to the person, in a file of its own. */
  'removal.keepRecord': z.boolean(),
  /** Off: this computer contributes nothing. */
  contribute: z.boolean(),
  'inUse.share': share,
  'idle.share': share,
  /** While the screen is locked. */
  'locked.share': share,
  /** Without input for so long, the computer counts as idle. */
  'idle.afterSeconds': seconds.min(2),
  'pauseOn.call': z.boolean(),
  'pauseOn.fullScreen': z.boolean(),
  'pauseOn.presentation': z.boolean(),
  'pauseOn.remoteSession': z.boolean(),
  /** Names of programs, as the system lists them; while one of them runs nothing is contributed. */
  'pauseOn.programs': z.array(z.string().min(1).max(255)).max(64),
  /** Use of all cores by others above which the computer counts as busy, 0…1; null: never. */
  'pauseOn.load': z.number().min(0.01).max(1).nullable(),
  /** A load that is shorter is ridden out. */
  'pauseOn.loadSeconds': seconds.min(1).max(3600),
  'pauseOn.diskFreeBelowBytes': z.int().min(0),
  /** On battery only above this charge, 0…1; null: never on battery. */
  'battery.aboveCharge': z.number().min(0).max(1).nullable(),
  /** Whether jobs may use a network that is billed by volume. */
  'network.metered': z.boolean(),
  /** Bytes through the gateway in a calendar day or month; null: no limit. */
  'network.quotaDayBytes': z.int().min(0).nullable(),
  'network.quotaMonthBytes': z.int().min(0).nullable(),
  /** Bytes per second, all grids together; null: no limit. */
  'network.downBytesPerSecond': z.int().min(1024).nullable(),
  'network.upBytesPerSecond': z.int().min(1024).nullable(),
  /** `system`, `none`, `http://HOST:PORT`, `https://HOST:PORT` or `pac+https://…/proxy.pac`. */
  'network.proxy': ProxySetting,
  /** Certificates (PEM) of authorities to be trusted besides the public ones; null: none. */
  'network.authorities': z
    .string()
    .max(64 * 1024)
    .regex(
      /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
      'certificates are written in PEM',
    )
    .nullable(),
  /** What may be joined: addresses of projects and managers, and pools as `condor:DOMAIN`; null: any. */
  'grids.permitted': z.array(z.string().min(1).max(500)).max(64).nullable(),
  /** Projects that are joined by the organization, for all. */
  'grids.boinc': z.array(OrganizationProject).max(16),
  /** Pools that are joined by the organization, on this computer. */
  'grids.pools': z.array(OrganizationPool).max(8),
  /** How much of the CPU time the embedded grid gets, beside the shares of the joined ones. */
  'grids.localShare': z.number().min(0).max(1_000_000),
  /** Largest size of a project's own disk. */
  'grids.diskBytes': z
    .int()
    .min(512 * MiB)
    .max(1024 * GiB),
  /** Whether pools are told what a kWh costs here. */
  'pools.shareEnergyPrice': z.boolean(),
  /** How many VMs may run at a time, and the memory of all of them. */
  'vm.maxRunning': z.int().min(1).max(16),
  'vm.memoryTotalBytes': z
    .int()
    .min(256 * MiB)
    .max(1024 * GiB),
  /** How long the reason for a pause must be gone before work goes on (input has `idle.afterSeconds`). */
  'resume.afterSeconds': seconds.min(5).max(3600),
  /** Empty: always. */
  'schedule.windows': z.array(ScheduleWindow).max(64),
  /** null: the computer's own. */
  'schedule.timeZone': timeZone.nullable(),
  'quiet.enabled': z.boolean(),
  'quiet.temperatureC': z.number().min(30).max(110).nullable(),
  'quiet.fanRpm': z.number().min(0).max(20_000).nullable(),
  'quiet.packageWatts': z.number().min(1).max(2000).nullable(),
  /** The share where none of these can be read. */
  'quiet.fallbackShare': share,
  /** Stopped for so long, the VM is saved to disk and its memory returned; null: never. */
  'ladder.saveAfterSeconds': seconds.nullable(),
  /** Stopped for so long, what was saved is given up and only checkpoints are kept; null: never. */
  'ladder.offAfterSeconds': seconds.nullable(),
  /** null: half of this computer's, at least 1. */
  'vm.vcpus': z.int().min(1).max(64).nullable(),
  'vm.memoryBytes': z
    .int()
    .min(256 * MiB)
    .max(1024 * GiB),
  /** Largest disk a job may ask for (the scratch disk's size). */
  'vm.diskBytes': z
    .int()
    .min(64 * MiB)
    .max(1024 * GiB),
  /** `auto` tries the fast ones first. */
  'vm.accelerator': z.enum(['auto', 'kvm', 'hvf', 'whpx', 'tcg']),
  /** Whether a VM may run where its wrapper is refused. */
  'vm.allowReducedIsolation': z.boolean(),
  /** What window and tray speak; `system`: the first of the system's languages that Gleaner speaks. */
  'ui.language': z.enum(['system', 'en', 'de', 'fr', 'es', 'ja', 'ar']),
  /** Whether the app starts, without a window, when the person signs in. */
  'ui.startAtLogin': z.boolean(),
  /** Newer versions, where the installation updates itself: `ask` leaves the restart to the person. */
  'updates.mode': z.enum(['automatic', 'ask', 'off']),
  /** `beta`: versions that are tried before they are everybody's. */
  'updates.channel': z.enum(['stable', 'beta']),
  /** What the desktop's notifications tell: the first credited work ever, once. */
  'notify.firstCredit': z.boolean(),
  /** Something that keeps work from going on for a minute and does not mend itself; the same once a day. */
  'notify.attention': z.boolean(),
  /** A grid's VM wanted to reach a place that it may not; each place once a day. */
  'notify.denied': z.boolean(),
  /** Every job that is done. */
  'notify.finished': z.boolean(),
  /**
   * What a busy core counts for, in W, where the CPU's own counters cannot be read. Desktop CPUs draw some 8 to 11 W a
   * core when all are busy (65 to 125 W over 6 to 12 cores), laptops 3 to 6 W: the built-in 10 W errs on the dear side.
   */
  'energy.wattsPerCore': z.number().min(0).max(500),
  /** What a kWh costs, in `energy.currency`; null: nobody said. Counted when it is looked at, never booked. */
  'energy.pricePerKwh': z.number().min(0).max(1_000_000).nullable(),
  /** A code of ISO 4217. */
  'energy.currency': z.string().regex(/^[A-Z]{3}$/, 'a currency is written like EUR'),
} as const satisfies Record<string, z.ZodType>;

export type SettingKey = keyof typeof settingTypes;
export const settingKeys = Object.keys(settingTypes) as readonly SettingKey[];
export const SettingKey = z.enum(settingKeys as [SettingKey, ...SettingKey[]]);

/** What the desktop's shell heeds. */
export const desktopKeys = [
  'ui.language',
  'ui.startAtLogin',
  'notify.firstCredit',
  'notify.attention',
  'notify.denied',
  'notify.finished',
  'updates.mode',
  'updates.channel',
] as const satisfies readonly SettingKey[];
export type DesktopKey = (typeof desktopKeys)[number];

/**
 * What no preset of any layer speaks for: politeness has no language, and knows no price of electricity. Else a locked
 * preset would lock a person's language, and a chosen one undo an administrator's start at login or pools, or move the host.
 */
export const besidePresets = [
  ...desktopKeys,
  'energy.wattsPerCore',
  'energy.pricePerKwh',
  'energy.currency',
  'pools.shareEnergyPrice',
  'grids.boinc',
  'grids.pools',
  'host.place',
  'service.mayPause',
  'removal.keepRecord',
] as const satisfies readonly SettingKey[];

/** What only an administrator's profile speaks for; a person's file is not heard, and their commands are refused. */
export const reservedKeys = [
  'grids.pools',
  'host.place',
  'service.mayPause',
] as const satisfies readonly SettingKey[];

/** The value of every setting. */
export type Settings = { readonly [K in SettingKey]: z.output<(typeof settingTypes)[K]> };

/** What one layer says: some of the keys. Unknown keys are refused. */
export const SettingsLayer = z.strictObject(settingTypes).partial();
export type SettingsLayer = z.infer<typeof SettingsLayer>;

/** The version of a settings document that this Gleaner writes and reads; older ones are migrated. */
export const settingsVersion = 2;

/** `settings.json`, `defaults.json` and `locked.json` alike. */
export const SettingsDocument = z.strictObject({
  /** For editors; nothing looks there. */
  $schema: z.string().max(500).optional(),
  version: z.literal(settingsVersion),
  /** Who set it, for "set by …"; of admin documents only. */
  organization: z.string().min(1).max(80).optional(),
  settings: SettingsLayer,
});
export type SettingsDocument = z.infer<typeof SettingsDocument>;

/** Where a value comes from; `grid` only narrows what the others permit. */
export const Source = z.enum(['built-in', 'default', 'user', 'locked', 'grid']);
export type Source = z.infer<typeof Source>;

/** One value in force, as it is shown. */
export const EffectiveSetting = z.strictObject({
  key: SettingKey,
  value: z.json(),
  source: Source,
  /** The preset of that source that gave it, if one did. */
  preset: Preset.nullable(),
});
export type EffectiveSetting = z.infer<typeof EffectiveSetting>;

/** All values in force, and where each comes from. */
export interface EffectiveSettings {
  readonly values: Settings;
  readonly sources: Readonly<Record<SettingKey, Source>>;
  /** Keys whose value was filled in by their source's preset. */
  readonly byPreset: ReadonlySet<SettingKey>;
  /** Who set the admin's values, where they say so. */
  readonly organization: string | null;
  /** `profile-broken`: a locked profile exists and cannot be used, so nothing may be contributed. */
  readonly broken: Failure | null;
  /** What else is wrong with the files, the broken profile included. */
  readonly problems: readonly Failure[];
}

type PresetValues = Omit<Settings, 'preset'>;

const balanced: PresetValues = {
  'host.place': 'session',
  'service.mayPause': 'everyone',
  'removal.keepRecord': true,
  contribute: true,
  'inUse.share': 0.25,
  'idle.share': 1,
  'locked.share': 1,
  'idle.afterSeconds': 180,
  'pauseOn.call': true,
  'pauseOn.fullScreen': true,
  'pauseOn.presentation': true,
  'pauseOn.remoteSession': false,
  'pauseOn.programs': [],
  'pauseOn.load': 0.4,
  'pauseOn.loadSeconds': 10,
  'pauseOn.diskFreeBelowBytes': GiB,
  'battery.aboveCharge': null,
  'network.metered': false,
  'network.quotaDayBytes': null,
  'network.quotaMonthBytes': null,
  'network.downBytesPerSecond': null,
  'network.upBytesPerSecond': null,
  'network.proxy': 'system',
  'network.authorities': null,
  'grids.permitted': null,
  'grids.boinc': [],
  'grids.pools': [],
  'grids.localShare': 100,
  'grids.diskBytes': 4 * GiB,
  'pools.shareEnergyPrice': false,
  'vm.maxRunning': 1,
  'vm.memoryTotalBytes': 2 * GiB,
  'resume.afterSeconds': 30,
  'schedule.windows': [],
  'schedule.timeZone': null,
  'quiet.enabled': false,
  'quiet.temperatureC': 75,
  'quiet.fanRpm': null,
  'quiet.packageWatts': null,
  'quiet.fallbackShare': 0.5,
  'ladder.saveAfterSeconds': 900,
  'ladder.offAfterSeconds': 3 * 86_400,
  'vm.vcpus': null,
  'vm.memoryBytes': 768 * MiB,
  'vm.diskBytes': 2048 * MiB,
  'vm.accelerator': 'auto',
  'vm.allowReducedIsolation': true,
  'ui.language': 'system',
  'ui.startAtLogin': false,
  'updates.mode': 'automatic',
  'updates.channel': 'stable',
  'notify.firstCredit': true,
  'notify.attention': true,
  'notify.denied': true,
  'notify.finished': false,
  'energy.wattsPerCore': 10,
  'energy.pricePerKwh': null,
  'energy.currency': 'EUR',
};

/** What each preset fills in. */
export const presetValues: Readonly<Record<Preset, PresetValues>> = {
  gentle: {
    ...balanced,
    'inUse.share': 0,
    'idle.share': 0.75,
    'idle.afterSeconds': 300,
    'pauseOn.remoteSession': true,
    'pauseOn.load': 0.25,
    'pauseOn.loadSeconds': 5,
    'resume.afterSeconds': 60,
    'quiet.enabled': true,
    'ladder.saveAfterSeconds': 600,
  },
  balanced,
  generous: {
    ...balanced,
    'inUse.share': 0.75,
    'idle.afterSeconds': 60,
    'pauseOn.call': false,
    'pauseOn.fullScreen': false,
    'pauseOn.presentation': false,
    'pauseOn.load': 0.8,
    'pauseOn.loadSeconds': 30,
    'battery.aboveCharge': 0.6,
    'resume.afterSeconds': 15,
    'ladder.saveAfterSeconds': 3600,
  },
};
