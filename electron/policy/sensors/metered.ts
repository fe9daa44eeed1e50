import type { Clock } from '../../base/clock.ts';
import type { Sensor } from './sensor.ts';
import { serviceSensor } from './service-sensor.ts';

/** NMMetered (NetworkManager's D-Bus types): a guess counts. 0 is unknown, and so is all that is not in the list. */
const answers: ReadonlyMap<unknown, boolean> = new Map([
  [1, true],
  [2, false],
  [3, true],
  [4, false],
]);

/** Whether the network is billed by volume, as NetworkManager sees it. */
export function meteredSensor(clock: Clock): Sensor {
  return serviceSensor({
    name: 'metered',
    cost: 'Nothing while nothing happens: signals on one connection to the system bus.',
    gives: ['meteredNetwork'],
    clock,
    required: false,
    objects: [
      {
        service: 'org.freedesktop.NetworkManager',
        path: '/org/freedesktop/NetworkManager',
        interface: 'org.freedesktop.NetworkManager',
      },
    ],
    parse: ([properties]) => ({ meteredNetwork: answers.get(properties?.get('Metered')) ?? null }),
  });
}
