import type { Clock } from '../../base/clock.ts';
import type { BusObject } from './bus.ts';
import type { Reading, Sensor } from './sensor.ts';
import { serviceSensor } from './service-sensor.ts';

const manager: BusObject = {
  service: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};
const upower: BusObject = {
  service: 'org.freedesktop.UPower',
  path: '/org/freedesktop/UPower',
  interface: 'org.freedesktop.UPower',
};

/**
 * Sleep, shutdown and lid, as systemd-logind tells them (org.freedesktop.login1(5)). PrepareForSleep and
 * PrepareForShutdown say true before and false after; they may come twice. The lid has no signal there: UPower's is
 * taken as a hint to look.
 */
export function login1Sensor(clock: Clock): Sensor {
  return serviceSensor({
    name: 'login1',
    cost: 'Nothing while nothing happens: signals on one connection to the system bus.',
    gives: ['sleeping', 'shuttingDown', 'lidClosed'],
    clock,
    required: false,
    objects: [manager],
    parse: ([properties]): Reading => {
      const lid = properties?.get('LidClosed');
      return {
        sleeping: properties?.get('PreparingForSleep') === true,
        shuttingDown: properties?.get('PreparingForShutdown') === true,
        lidClosed: typeof lid === 'boolean' ? lid : null,
      };
    },
    heard: {
      PrepareForSleep: ([begins]) => (typeof begins === 'boolean' ? { sleeping: begins } : undefined),
      PrepareForShutdown: ([begins]) => (typeof begins === 'boolean' ? { shuttingDown: begins } : undefined),
    },
    hint: upower,
  });
}
