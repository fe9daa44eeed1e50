import type { Clock } from './base/clock.ts';
import { type Disposable, Disposer } from './base/disposal.ts';
import type { Log } from './base/log.ts';
import type { ServicePaths } from './base/paths.ts';
import type { HostApi } from './contract/commands.ts';
import type { Failure } from './contract/failures.ts';
import { RemoteHost } from './control/remote-host.ts';
import { SocketClient } from './control/socket-client.ts';
import { SessionSenses } from './host/session-senses.ts';
import { loginSessionId } from './policy/sensors/login-session.ts';
import { presenceSensors } from './policy/sensors/presence.ts';

export interface ServiceAppOptions {
  readonly paths: ServicePaths;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Why nobody can tell whether there is a service; null: there is to be one. */
  readonly reason: Failure | null;
}

/** The machine's service as this app's host, and this session as one that tells it of its person. */
export function connectToService(o: ServiceAppOptions): HostApi & Disposable {
  const { clock, log, version, reason, paths } = o;
  const { env, platform } = process;
  const owned = new Disposer();
  const remote = owned.own(
    new RemoteHost({
      client: new SocketClient(paths, platform, 'Start it with: systemctl start gleaner'),
      clock,
      log,
      version,
      reason,
      view: (snapshot) => {
        const asks = snapshot.service?.asks ?? [];
        senses.follow(asks);
        return { ...snapshot, asksPresence: asks.includes('input') && !senses.hearsInput };
      },
    }),
  );
  const senses = owned.own(
    new SessionSenses({
      sensors: presenceSensors({ platform, env, clock }),
      clock,
      log,
      report: (report) => {
        remote.report(report);
      },
    }),
  );
  if (platform === 'linux') {
    void loginSessionId({ env, clock }).then((loginSession) => {
      if (loginSession !== null) remote.report({ loginSession });
    });
  }
  remote.begin();
  return {
    call: (name, input) => remote.call(name, input),
    upload: (name, input, body) => remote.upload(name, input, body),
    download: (name, input) => remote.download(name, input),
    subscribe: (listener) => remote.subscribe(listener),
    dispose: () => owned.dispose(),
  };
}
