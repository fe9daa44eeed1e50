import type { SettingKey } from './settings.ts';

export interface SettingWords {
  /** What the setting does, as half a sentence. */
  readonly about: string;
  /** What it may hold, to be read after "It may hold …". */
  readonly holds: string;
}

const share = 'a share from 0 (not at all) to 1 (all of it), e.g. 0.25';
const yesOrNo = 'true or false';
const orNever = ', or null for never';
const orNoLimit = ', or null for no limit';

/** Every setting in words, for help, refusals and documentation. */
export const settingWords: Readonly<Record<SettingKey, SettingWords>> = {
  preset: {
    about: 'a name for a whole set of values; it speaks for every key that is not set beside it',
    holds: 'gentle, balanced or generous',
  },
  'host.place': {
    about: "where Gleaner works: in each person's app, or as a service of the machine",
    holds: "session or service; in a profile only, never a person's",
  },
  'service.mayPause': {
    about: 'who may pause, and end a pause, where Gleaner is a service of the machine',
    holds: "everyone or administrators; in a profile only, never a person's",
  },
  'removal.keepRecord': {
    about: 'whether a purge of the package leaves each person the record, in a file in their home',
    holds: yesOrNo,
  },
  contribute: { about: 'whether this computer contributes at all', holds: yesOrNo },
  'inUse.share': { about: "share of the VM's CPU time while the computer is used", holds: share },
  'idle.share': { about: "share of the VM's CPU time while the computer is idle", holds: share },
  'locked.share': { about: "share of the VM's CPU time while the screen is locked", holds: share },
  'idle.afterSeconds': {
    about: 'without input for so long, the computer counts as idle',
    holds: 'whole seconds, from 2 on',
  },
  'pauseOn.call': { about: 'freeze while a microphone or camera is in use', holds: yesOrNo },
  'pauseOn.fullScreen': { about: 'freeze while a program fills the screen', holds: yesOrNo },
  'pauseOn.presentation': {
    about: 'freeze while something keeps the screen awake (a presentation, a film)',
    holds: yesOrNo,
  },
  'pauseOn.remoteSession': { about: 'freeze while somebody works here from afar', holds: yesOrNo },
  'pauseOn.programs': {
    about: 'freeze while one of these programs runs',
    holds: 'up to 64 names of programs, e.g. ["blender", "zoom"]',
  },
  'pauseOn.load': {
    about: 'freeze while other programs use more than this part of all cores',
    holds: `a part from 0.01 to 1${orNever}`,
  },
  'pauseOn.loadSeconds': {
    about: 'a load that is shorter is ridden out',
    holds: 'whole seconds from 1 to 3600',
  },
  'pauseOn.diskFreeBelowBytes': {
    about: 'freeze while less than this is free on the disk',
    holds: 'whole bytes, from 0 on',
  },
  'battery.aboveCharge': {
    about: 'on battery, work only above this charge',
    holds: `a charge from 0 to 1${orNever}`,
  },
  'network.metered': {
    about: 'whether jobs may use a network that is billed by volume',
    holds: yesOrNo,
  },
  'network.quotaDayBytes': {
    about: 'bytes that all grids together may move in a day',
    holds: `whole bytes${orNoLimit}`,
  },
  'network.quotaMonthBytes': {
    about: 'bytes that all grids together may move in a month',
    holds: `whole bytes${orNoLimit}`,
  },
  'network.downBytesPerSecond': {
    about: 'how fast all grids together may load',
    holds: `bytes per second, from 1024 on${orNoLimit}`,
  },
  'network.upBytesPerSecond': {
    about: 'how fast all grids together may send',
    holds: `bytes per second, from 1024 on${orNoLimit}`,
  },
  'network.proxy': {
    about: 'the proxy through which grids reach the network',
    holds: 'system, none, http://HOST:PORT, https://HOST:PORT, or pac+https://HOST/proxy.pac',
  },
  'network.authorities': {
    about: 'certificates of authorities to be trusted besides the public ones',
    holds: 'certificates in PEM, or null for none',
  },
  'grids.permitted': {
    about: 'the projects, account managers and company pools that may be joined',
    holds: 'up to 64 addresses or condor:DOMAIN, or null for any',
  },
  'grids.boinc': {
    about: 'projects that an organization joins for all of its computers',
    holds: 'up to 16 of {"url", "key", "share", "contacts": [{"host", "port", "private"}]}',
  },
  'grids.pools': {
    about: 'company pools that an organization joins on this computer',
    holds:
      'up to 8 of {"enrolment", "share"}, with the whole path of an enrolment file; in a profile only, never a person\'s',
  },
  'grids.localShare': {
    about: 'how much of the CPU time the embedded grid gets, beside the shares of the joined ones',
    holds: 'a number from 0 to 1000000',
  },
  'grids.diskBytes': {
    about: "largest size of a project's own disk",
    holds: 'whole bytes, 512 MiB to 1 TiB',
  },
  'pools.shareEnergyPrice': {
    about: 'whether company pools are told what a kWh costs here',
    holds: yesOrNo,
  },
  'vm.maxRunning': { about: 'how many VMs may run at a time', holds: 'a whole number from 1 to 16' },
  'vm.memoryTotalBytes': { about: 'memory of all VMs together', holds: 'whole bytes, 256 MiB to 1 TiB' },
  'resume.afterSeconds': {
    about: 'how long the reason for a freeze must be gone before work goes on',
    holds: 'whole seconds from 5 to 3600',
  },
  'schedule.windows': {
    about: 'when this computer may contribute; empty means always',
    holds: 'up to 64 windows, e.g. "mon-fri 22:00-06:00; sat,sun 00:00-24:00", or "always"',
  },
  'schedule.timeZone': {
    about: 'the time zone of the schedule',
    holds: 'a time zone such as Europe/Berlin, or null for the one of this computer',
  },
  'quiet.enabled': { about: 'keep within the budgets for heat, noise and power', holds: yesOrNo },
  'quiet.temperatureC': {
    about: 'budget for the temperature of the CPU',
    holds: 'degrees Celsius from 30 to 110, or null for none',
  },
  'quiet.fanRpm': {
    about: 'budget for the speed of the fastest fan',
    holds: 'turns per minute from 0 to 20000, or null for none',
  },
  'quiet.packageWatts': {
    about: 'budget for the power of the CPU package',
    holds: 'watts from 1 to 2000, or null for none',
  },
  'quiet.fallbackShare': { about: 'the share where none of these can be read', holds: share },
  'ladder.saveAfterSeconds': {
    about: 'stopped for so long, the VM is saved to disk and its memory returned',
    holds: `whole seconds, from 0 on${orNever}`,
  },
  'ladder.offAfterSeconds': {
    about: 'stopped for so long, what was saved is given up and only checkpoints are kept',
    holds: `whole seconds, from 0 on${orNever}`,
  },
  'vm.vcpus': {
    about: 'vCPUs of the VM',
    holds: 'a whole number from 1 to 64, or null for half of this computer’s',
  },
  'vm.memoryBytes': { about: 'memory of the VM', holds: 'whole bytes, 256 MiB to 1 TiB' },
  'vm.diskBytes': { about: 'largest disk that a job may ask for', holds: 'whole bytes, 64 MiB to 1 TiB' },
  'vm.accelerator': {
    about: 'how the VM runs; auto tries the fast ways first',
    holds: 'auto, kvm, hvf, whpx or tcg',
  },
  'vm.allowReducedIsolation': {
    about: 'whether a VM may run where its wrapper is refused',
    holds: yesOrNo,
  },
  'ui.language': {
    about: 'the language of window and tray',
    holds: 'system, or one of en, de, fr, es, ja and ar',
  },
  'ui.startAtLogin': { about: 'start, without a window, when the person signs in', holds: yesOrNo },
  'updates.mode': {
    about:
      'newer versions, where Gleaner updates itself: by themselves, with a question before the restart, or never',
    holds: 'automatic, ask or off',
  },
  'updates.channel': {
    about: 'which newer versions: everybody’s, or those that are still being tried',
    holds: 'stable or beta',
  },
  'notify.firstCredit': { about: 'notify of the first credited work', holds: yesOrNo },
  'notify.attention': {
    about: 'notify of what keeps work from going on and does not mend itself',
    holds: yesOrNo,
  },
  'notify.denied': {
    about: 'notify when a grid’s VM wanted to reach a place that it may not',
    holds: yesOrNo,
  },
  'notify.finished': { about: 'notify of every job that is done', holds: yesOrNo },
  'energy.wattsPerCore': {
    about: "what a busy core counts for where the CPU's own counters cannot be read",
    holds: 'watts from 0 to 500',
  },
  'energy.pricePerKwh': {
    about: 'what a kWh of electricity costs, to be shown beside the earnings',
    holds: 'a number from 0 on, or null for unknown',
  },
  'energy.currency': {
    about: 'the currency of that price',
    holds: 'three letters of ISO 4217, e.g. EUR',
  },
};
