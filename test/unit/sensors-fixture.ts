import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sensor } from '../../electron/policy/sensors/sensor.ts';
import type { FakeClock } from '../fakes/fake-clock.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

/** A folder that stands for /proc or /sys, and the sensors that a test starts on it. */
export class SensorFixture {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'gleaner-sensors-'));
  readonly #started: WatchedSensor[] = [];

  async start(sensor: Sensor): Promise<WatchedSensor> {
    const watched = await WatchedSensor.start(sensor);
    this.#started.push(watched);
    return watched;
  }

  /** Writes files by their paths below the folder, a line each; folders come by themselves. */
  put(files: Readonly<Record<string, string | number>>): void {
    for (const [name, content] of Object.entries(files)) {
      const filePath = path.join(this.dir, name);
      mkdirSync(path.dirname(filePath), { recursive: true });
      writeFileSync(filePath, `${content}\n`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((sensor) => sensor.stop()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Lets the next reading fall due, and waits for it. */
export async function turn(clock: FakeClock, ms: number, sensor: WatchedSensor): Promise<void> {
  const next = sensor.nextReport();
  clock.advance(ms);
  await next;
}
