import type { Clock } from '../../base/clock.ts';
import { LinuxProfiles, linuxProfilesDir } from './linux.ts';
import { MacProfiles } from './macos.ts';
import type { ProfileSource } from './source.ts';
import { WindowsProfiles } from './windows.ts';

/** Where this computer's administrator keeps profiles. */
export function platformProfiles(o: {
  readonly platform: NodeJS.Platform;
  /** Undefined where the platform has no uids. */
  readonly uid: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}): ProfileSource {
  const { clock } = o;
  if (o.platform === 'win32') return new WindowsProfiles({ clock });
  if (o.platform === 'darwin') return new MacProfiles({ clock });
  return new LinuxProfiles({ profilesDir: linuxProfilesDir(o.uid, o.env), clock });
}
