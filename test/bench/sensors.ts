import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { presetValues, type Settings } from '../../electron/contract/settings.ts';
import { SensorHub } from '../../electron/policy/sensors/hub.ts';
import { machineSensors } from '../../electron/policy/sensors/machine.ts';
import { type Situation, sensorsNeeded } from '../../electron/policy/sensors/needs.ts';
import { presenceSensors } from '../../electron/policy/sensors/presence.ts';
import { startDisplay } from '../../resources/dev/display.ts';
import { SoundServer } from '../fakes/sound-server.ts';
import type { Bench } from './figure.ts';
import { span } from './world.ts';

const seconds = 60;
const settleMs = 3000;
/** Everything that can be sensed is asked for. */
const values: Settings = {
  preset: 'gentle',
  ...presetValues.gentle,
  'pauseOn.programs': ['blender', 'zoom'],
};
const states: readonly (readonly [string, Situation | null])[] = [
  ['nothing (the process itself)', null],
  ['off, or paused by the person', { paused: true, wantsToRun: true, running: false }],
  ['frozen by input', { paused: false, wantsToRun: true, running: false, heldBy: new Set(['input']) }],
  ['contributing', { paused: false, wantsToRun: true, running: true }],
];

/** CPU time of this process, in % of a core. */
async function cpuOver(ms: number): Promise<number> {
  const before = process.cpuUsage();
  await span(ms);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1000 / ms) * 100;
}

export const bench: Bench = {
  name: 'sensors',
  about: `CPU of all sensors over ${seconds} s in each state, on a screen, a session bus and a sound server`,
  async run(report) {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'gl-sensors-'));
    const display = await startDisplay();
    const sound = await SoundServer.start();
    const env = { ...process.env, ...display.env, ...sound.env };
    const clock = systemClock;
    const hub = new SensorHub({
      sensors: [
        ...presenceSensors({ platform: process.platform, env, clock }),
        ...machineSensors({
          platform: process.platform,
          clock,
          log: silentLog,
          dataDir,
          ownCpuMs: () => 0,
          programNames: () => values['pauseOn.programs'],
        }),
      ],
      clock,
      log: silentLog,
      onChange: () => undefined,
    });
    try {
      for (const [what, situation] of states) {
        if (situation) hub.need(sensorsNeeded(values, situation));
        await span(settleMs);
        const running = hub.sensors.filter(({ state }) => state === 'running').length;
        report({
          metric: `${what}: ${running} sensors`,
          value: await cpuOver(seconds * 1000),
          unit: '% of a core',
        });
      }
    } finally {
      await hub.dispose();
      await sound.close();
      await display.close();
      rmSync(dataDir, { recursive: true });
    }
  },
};
