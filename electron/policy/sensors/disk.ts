import { statfs } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { polledSensor } from './polled-sensor.ts';
import type { Sensor } from './sensor.ts';

const everyMs = 30_000;

/** What an unprivileged user may still write beside the data folder, in bytes. */
export function diskSensor(clock: Clock, dataDir: string): Sensor {
  return polledSensor({
    name: 'disk',
    cost: 'One statfs(2) every 30 s.',
    gives: ['diskFreeBytes'],
    everyMs,
    clock,
    read: async () => {
      const { bavail, bsize } = await statfs(dataDir);
      return { diskFreeBytes: bavail * bsize };
    },
  });
}
