import type { OnBus } from './bus.ts';
import { type LoginSession, sessionSensor } from './login-session.ts';
import type { Reading, Sensor } from './sensor.ts';

/** What the servers of remote desktops leave in the environment of what they start. */
const marks = ['XRDP_SESSION', 'VNCDESKTOP', 'CHROME_REMOTE_DESKTOP_SESSION'] as const;

/** Whether the person sits elsewhere: the session's own property, or a remote desktop's mark. */
export function remoteSessionSensor({ env, clock }: OnBus): Sensor {
  if (marks.some((mark) => (env[mark] ?? '') !== '')) {
    return {
      name: 'remote-session',
      cost: 'Nothing: looks once.',
      gives: ['remoteSession'],
      start(report) {
        report({ remoteSession: true });
        return { dispose: () => undefined };
      },
    };
  }
  return sessionSensor(
    { env, clock },
    { name: 'remote-session', gives: ['remoteSession'], parse: (session) => remoteReading(session) },
  );
}

/** A shell from afar says nothing of who sits at the screen. Pure. */
export function remoteReading({ remote, type }: LoginSession): Reading {
  const graphical = type === 'x11' || type === 'wayland' || type === 'mir';
  return { remoteSession: graphical || remote === false ? remote : null };
}
