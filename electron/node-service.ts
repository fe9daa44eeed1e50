import { type Disposable, Disposer } from './base/disposal.ts';
import type { Log } from './base/log.ts';
import type { Ending } from './cli/exit.ts';
import type { Io } from './cli/io.ts';
import { GleanerError } from './contract/failures.ts';
import { peopleApi } from './control/people.ts';
import { serveSocket } from './control/socket-server.ts';
import { serviceSecrets } from './host/credential-keys.ts';
import { followWanted, type MachinePlaceOptions, machinePlace, rememberPlace } from './host/machine-place.ts';
import { tellServiceManager } from './host/service-manager.ts';
import type { Host, HostOptions } from './host.ts';
import { serveHeadless } from './node-host.ts';
import { loginSessionsSensor } from './policy/sensors/login-sessions.ts';
import { machineSensors } from './policy/sensors/machine.ts';
import type { Program } from './program/program.ts';

/**
 * Runs the host as a service of the machine until a signal, or until the machine's profiles want none any more; either way its VMs are
 * saved.
 * @throws GleanerError `wrong-phase` when no profile wants it, `profile-broken`, `platform-not-ready`, `already-running`
 */
export async function serveMachine(o: {
  readonly machine: MachinePlaceOptions;
  readonly program: Program;
  readonly io: Io;
}): Promise<Ending> {
  const { machine, program, io } = o;
  const { env, platform } = process;
  if (platform !== 'linux') {
    throw new GleanerError(
      'platform-not-ready',
      `Gleaner is not a service of the machine on ${platform} yet.`,
    );
  }
  const told = await machinePlace(machine);
  if ('failure' in told) throw new GleanerError(told.failure.code, told.failure.sentence, told.failure.hint);
  if (told.place !== 'service') {
    throw new GleanerError(
      'wrong-phase',
      'No profile of this computer wants Gleaner as a service of the machine.',
      'An administrator sets host.place to "service" in /etc/gleaner/defaults.json or locked.json.',
    );
  }
  const paths = machine.servicePaths;
  await rememberPlace(paths, 'service');
  const computer: Partial<HostOptions> = {
    service: true,
    profiles: machine.profiles,
    secrets: await serviceSecrets(env, paths.keysDir),
    sensors: (needs) => [
      loginSessionsSensor({ env, clock: needs.clock, hear: needs.onLogins }),
      ...machineSensors({ platform, ...needs }),
    ],
  };
  const { ending } = await serveHeadless({
    paths,
    program,
    io,
    untilIdle: false,
    sample: false,
    service: {
      computer,
      serve: async (host, log) => await serveBoth(host, log, machine),
    },
    onUnwanted: (listener) => {
      const follower = followWanted(machine, listener);
      return () => void follower.dispose();
    },
  });
  return ending;
}

/** The administrators' socket and the people's; systemd hears once both are there, and when they go. */
async function serveBoth(host: Host, log: Log, { servicePaths }: MachinePlaceOptions): Promise<Disposable> {
  const { PATH, NOTIFY_SOCKET } = process.env;
  const notify = { PATH, NOTIFY_SOCKET };
  // None of our workers has anything to say to systemd.
  delete process.env['NOTIFY_SOCKET'];
  const { runDir, socketPath, adminSocketPath } = servicePaths;
  const owned = new Disposer();
  try {
    const administrators = { runDir, socketPath: adminSocketPath };
    owned.own(await serveSocket({ api: host, paths: administrators, access: 'administrators', log }));
    owned.own(
      await serveSocket({
        api: peopleApi(host),
        sessions: host,
        paths: { runDir, socketPath },
        access: 'people',
        log,
      }),
    );
    log.info('control', 'listening', { people: socketPath, administrators: adminSocketPath });
    await tellServiceManager(['READY=1', 'STATUS=Listening'], notify, log);
    owned.ownCallback(() => tellServiceManager(['STOPPING=1', 'STATUS=Saving'], notify, log));
    return owned;
  } catch (error) {
    await owned.dispose();
    throw error;
  }
}
