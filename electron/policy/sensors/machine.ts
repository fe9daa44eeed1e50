import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { GleanerError } from '../../contract/failures.ts';
import { diskSensor } from './disk.ts';
import { loadSensor } from './load.ts';
import { login1Sensor } from './login1.ts';
import { meteredSensor } from './metered.ts';
import { powerSensor } from './power.ts';
import { programsSensor } from './programs.ts';
import type { Sensor } from './sensor.ts';
import { thermalSensor } from './thermal.ts';

/** The sensors of the computer itself, nobody's session needed. */
export function machineSensors(o: {
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  /** CPU time of Gleaner's VMs so far, in ms; may fall when one ends. */
  readonly ownCpuMs: () => number;
  /** The programs to look for. */
  readonly programNames: () => readonly string[];
  /** Other places of /proc and /sys, for tests. */
  readonly procDir?: string;
  readonly sysDir?: string;
}): readonly Sensor[] {
  const { clock, procDir = '/proc', sysDir = '/sys' } = o;
  const sensors = [
    login1Sensor(clock),
    powerSensor(clock, sysDir, o.log),
    meteredSensor(clock),
    loadSensor(clock, procDir, o.ownCpuMs),
    thermalSensor(clock, sysDir),
    programsSensor(clock, procDir, o.programNames),
    diskSensor(clock, o.dataDir),
  ];
  return o.platform === 'linux' ? sensors : sensors.map((sensor) => notReady(sensor, o.platform));
}

function notReady(sensor: Sensor, platform: NodeJS.Platform): Sensor {
  return {
    ...sensor,
    start: () => {
      const words = `The sensor ${sensor.name} is not built for ${platform} yet.`;
      return Promise.reject(new GleanerError('platform-not-ready', words));
    },
  };
}
