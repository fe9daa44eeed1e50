import type { Clock } from '../../base/clock.ts';
import { CameraLook } from './camera.ts';
import { alsaRecords } from './microphone.ts';
import { polledSensor } from './polled-sensor.ts';
import { PulseWatch } from './pulse.ts';
import type { Reading, Sensor } from './sensor.ts';

const pollMs = 2000;

/**
 * A call, taken to be a microphone or camera in use; which program uses it is not asked. The microphone by the sound
 * server's events where there is one, else by the kernel's state; the camera in turns.
 */
export function callSensor(o: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Other places of /proc, /dev and /sys, for tests. */
  readonly dirs?: { readonly proc: string; readonly dev: string; readonly sys: string };
}): Sensor {
  const { env, clock, dirs = { proc: '/proc', dev: '/dev', sys: '/sys' } } = o;
  const named = {
    name: 'call',
    cost: 'A few small files every 2 s; a `pactl subscribe` where there is a sound server.',
    gives: ['call'] as const,
  };
  return {
    ...named,
    async start(report, fail) {
      const camera = new CameraLook(dirs, clock);
      let cameraInUse: boolean | null = null;
      let alsa: boolean | null = null;
      const pulse = new PulseWatch({
        env,
        clock,
        onChange: () => {
          report(reading());
        },
      });
      const reading = (): Reading => ({ call: inCall(pulse.records ?? alsa, cameraInUse) });
      const read = async (): Promise<Reading> => {
        await pulse.keep();
        alsa = pulse.records === null ? await alsaRecords(dirs.proc) : null;
        cameraInUse = await camera.inUse();
        return reading();
      };
      try {
        const held = await polledSensor({ ...named, everyMs: pollMs, clock, read }).start(report, fail);
        return {
          async dispose() {
            await held.dispose();
            pulse.dispose();
          },
        };
      } catch (error) {
        pulse.dispose();
        throw error;
      }
    },
  };
}

/** One in use is a call; only two known not to be are none. Pure. */
function inCall(microphone: boolean | null, camera: boolean | null): boolean | null {
  if (microphone === true || camera === true) return true;
  return microphone === null || camera === null ? null : false;
}
