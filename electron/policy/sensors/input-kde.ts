import { GleanerError } from '../../contract/failures.ts';
import { Bus, type BusObject, type OnBus } from './bus.ts';
import { polledSensor } from './polled-sensor.ts';
import type { Reading, Sensor } from './sensor.ts';

const pollMs = 250;
const screenSaver: BusObject = {
  service: 'org.freedesktop.ScreenSaver',
  path: '/ScreenSaver',
  interface: 'org.freedesktop.ScreenSaver',
};

/**
 * Input on KDE by GetSessionIdleTime, in ms there, asked in turns. Plasma offers it on X11 only: on Wayland version 6
 * refuses it, and version 5 always answers 0. So nothing is believed before an idle time other than 0 was seen.
 */
export function kdeInputSensor({ env, clock }: OnBus): Sensor {
  return {
    name: 'input-kde',
    cost: 'Four questions a second to the desktop.',
    gives: ['lastInputAt', 'inputSource', 'inputPollMs'],
    async start(report, fail) {
      const bus = await Bus.open({ kind: 'session', env }, clock, fail);
      let counts = false;
      const read = async (): Promise<Reading> => {
        const [idle] = await bus.call(screenSaver, 'GetSessionIdleTime');
        if (typeof idle !== 'number' || idle < 0) {
          throw new GleanerError('sensor-failed', 'The desktop’s idle time is nonsense.');
        }
        counts ||= idle !== 0;
        if (!counts) return { lastInputAt: null, inputSource: null, inputPollMs: 0 };
        return { lastInputAt: clock.monotonic() - idle, inputSource: 'kde', inputPollMs: pollMs };
      };
      try {
        // Others offer the same call, in seconds.
        const isKde = (await bus.owner('org.kde.screensaver')) !== null;
        if (!isKde || (await bus.ask(screenSaver, 'GetSessionIdleTime')) === undefined) {
          throw new GleanerError('platform-not-ready', 'This desktop does not tell its idle time.');
        }
        const { name, cost, gives } = this;
        const held = await polledSensor({ name, cost, gives, everyMs: pollMs, clock, read }).start(
          report,
          fail,
        );
        return {
          async dispose() {
            await held.dispose();
            bus.dispose();
          },
        };
      } catch (error) {
        bus.dispose();
        throw error;
      }
    },
  };
}
