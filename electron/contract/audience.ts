import type { CommandName } from './commands.ts';

/**
 * Who may ask what of a host that is a service of the machine:
 * - `people`: whoever may open its socket for people, which is to look at what the machine does;
 * - `pausers`: as the setting `service.mayPause` says;
 * - `administrators`: root and the service's own account.
 */
export type Audience = 'people' | 'pausers' | 'administrators';

/**
 * Every command, decided: a new one does not compile without. People see what tray and window show them. What holds output,
 * results or logs of work that is not theirs, leaves the computer as a file, costs the host long work, shows or takes a secret,
 * or changes what the machine does is for administrators.
 */
export const audiences: Readonly<Record<CommandName, Audience>> = {
  status: 'people',
  pause: 'pausers',
  resume: 'pausers',
  'jobs.list': 'people',
  'jobs.show': 'administrators',
  'jobs.add': 'administrators',
  'jobs.result': 'administrators',
  'jobs.abort': 'administrators',
  'jobs.sample': 'administrators',
  'ledger.list': 'administrators',
  'ledger.verify': 'administrators',
  'ledger.export': 'administrators',
  'earnings.report': 'people',
  'earnings.export': 'administrators',
  'activity.list': 'people',
  'activity.page': 'people',
  'activity.day': 'people',
  'activity.export': 'administrators',
  'policy.explain': 'people',
  'settings.list': 'people',
  'settings.set': 'administrators',
  'settings.unset': 'administrators',
  'settings.import-boinc': 'administrators',
  'yields.report': 'people',
  // A session tells over its own stream, which says whose it is.
  'presence.report': 'administrators',
  'grids.list': 'people',
  // The account's name, and what a project writes to its owner.
  'grids.show': 'administrators',
  'grids.known': 'people',
  'grids.lookup': 'administrators',
  'grids.join': 'administrators',
  'pools.lookup': 'administrators',
  'pools.join': 'administrators',
  'grids.leave': 'administrators',
  'grids.update': 'administrators',
  'grids.set': 'administrators',
  'grids.abort-task': 'administrators',
  'grids.allow': 'administrators',
  'grids.forbid': 'administrators',
  'manager.join': 'administrators',
  'manager.sync': 'administrators',
  'manager.leave': 'administrators',
  // Which places the machine's work reached, and when.
  'network.report': 'people',
  'network.proxy-login': 'administrators',
  'appliance.update': 'administrators',
  'update.check': 'administrators',
  'update.install': 'administrators',
  'update.cancel': 'administrators',
  doctor: 'people',
  'doctor.fix': 'administrators',
  'doctor.cancel': 'administrators',
  versions: 'people',
  'logs.tail': 'administrators',
  'support.bundle': 'administrators',
};
