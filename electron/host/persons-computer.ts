import { systemClock } from '../base/clock.ts';
import { machineSensors } from '../policy/sensors/machine.ts';
import { presenceSensors } from '../policy/sensors/presence.ts';
import { platformProfiles } from '../settings/profiles/platform.ts';
import type { HostOptions } from './options.ts';

/** What a host on a person's own computer looks at: this session, this machine and its administrator's profiles. */
export function personsComputer(): Pick<HostOptions, 'profiles' | 'sensors'> {
  const { env, platform } = process;
  return {
    profiles: platformProfiles({ platform, uid: process.getuid?.(), env, clock: systemClock }),
    sensors: (needs) => [
      ...presenceSensors({ platform, env, clock: needs.clock }),
      ...machineSensors({ platform, ...needs }),
    ],
  };
}
