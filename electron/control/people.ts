import { type Audience, audiences } from '../contract/audience.ts';
import type { CommandName, HostApi } from '../contract/commands.ts';
import { GleanerError } from '../contract/failures.ts';

const refused = (): GleanerError =>
  new GleanerError(
    'not-permitted',
    'Only an administrator of this computer may do that.',
    'Ask whoever manages this computer; root may use the gleaner command.',
  );

/**
 * The host as people at this computer have it: what {@link audiences} opens to them. The rest rejects with `not-permitted`.
 */
export function peopleApi(host: HostApi): HostApi {
  const may: Readonly<Record<Audience, () => Promise<boolean>>> = {
    people: () => Promise.resolve(true),
    pausers: async () => (await host.call('status', {})).service?.mayPause === 'everyone',
    administrators: () => Promise.resolve(false),
  };
  const admit = async (name: CommandName): Promise<void> => {
    if (!(await may[audiences[name]]())) throw refused();
  };
  return {
    call: async (name, input) => {
      await admit(name);
      return await host.call(name, input);
    },
    upload: async (name, input, body) => {
      await admit(name);
      return await host.upload(name, input, body);
    },
    download: async (name, input) => {
      await admit(name);
      return await host.download(name, input);
    },
    subscribe: (listener) => host.subscribe(listener),
  };
}
