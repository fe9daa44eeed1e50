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
  return { remoteSession: isGraphical(type) || remote === false ? remote : null };
}

/** Whether the session has the screen, or another one was switched to. */
export function sessionActiveSensor(on: OnBus): Sensor {
  let before: Reading = {};
  return sessionSensor(on, {
    name: 'session-active',
    gives: ['sessionActive'],
    looksAtScreen: true,
    parse: (session) => {
      before = activeReading(session, before);
      return before;
    },
  });
}

/**
 * A shell has no screen that could be taken from it. While a greeter has it, as where that locks the screen, it is still that
 * session's that had it last: of several one, as ever. Pure.
 */
export function activeReading({ active, type, screen }: LoginSession, before: Reading): Reading {
  if (!isGraphical(type)) return { sessionActive: null };
  const stays = active === false && screen === 'nobody' && before.sessionActive === true;
  return { sessionActive: stays || active };
}

const isGraphical = (type: string | null): boolean => type === 'x11' || type === 'wayland' || type === 'mir';
