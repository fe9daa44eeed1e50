import type { Failure } from '../../contract/failures.ts';
import type { HostPlace } from '../../contract/settings.ts';
import type { Profiles } from './source.ts';

/** Where the host of this computer lives; a failure: its administrator has said so in a way that nobody understands. */
export type ToldPlace = { readonly place: HostPlace } | { readonly failure: Failure };

/**
 * Where an administrator wants the host to live. Nobody but them is heard. A locked profile that cannot be used may have moved it, so
 * nothing is told then. Defaults that cannot be used leave it where it is. Pure.
 * @param lives where it lives now, as far as that can be seen
 */
export function toldPlace({ defaults, locked, broken, problems }: Profiles, lives: HostPlace): ToldPlace {
  if (broken) return { failure: broken };
  const said = locked?.settings['host.place'] ?? defaults?.settings['host.place'];
  if (said !== undefined) return { place: said };
  const unread = defaults === undefined && problems.length > 0;
  return { place: unread ? lives : 'session' };
}
