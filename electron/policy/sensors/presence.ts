import type { Clock } from '../../base/clock.ts';
import { callSensor } from './call.ts';
import { fullScreenSensor } from './full-screen.ts';
import { inputSensors } from './input.ts';
import { presentationSensor } from './presentation.ts';
import { remoteSessionSensor, sessionActiveSensor } from './remote-session.ts';
import { lockerSensor, lockHintSensor } from './screen-lock.ts';
import type { Sensor } from './sensor.ts';

/**
 * The sensors of the person, for the session that `env` belongs to. On Windows and macOS there are none: the shell tells
 * what it sees there.
 */
export function presenceSensors(o: {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}): readonly Sensor[] {
  const { platform, env, clock } = o;
  if (platform !== 'linux') return [];
  return [
    ...inputSensors({ env, clock }),
    lockerSensor({ env, clock }),
    lockHintSensor({ env, clock }),
    callSensor({ env, clock }),
    fullScreenSensor({ env, clock }),
    presentationSensor({ env, clock }),
    remoteSessionSensor({ env, clock }),
    sessionActiveSensor({ env, clock }),
  ];
}
