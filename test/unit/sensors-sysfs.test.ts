import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskSensor } from '../../electron/policy/sensors/disk.ts';
import { readPowerSupplies } from '../../electron/policy/sensors/power.ts';
import { packageWatts, thermalSensor } from '../../electron/policy/sensors/thermal.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { SensorFixture, turn } from './sensors-fixture.ts';

let fixture: SensorFixture;

beforeEach(() => {
  fixture = new SensorFixture();
});

afterEach(async () => {
  await fixture.close();
});

describe('power from sysfs', () => {
  const mains = (online: number) => ({ 'AC/type': 'Mains', 'AC/online': online });
  const battery = (name: string, more: Readonly<Record<string, string | number>>) =>
    Object.fromEntries(
      Object.entries({ type: 'Battery', present: 1, ...more }).map(([key, value]) => [
        `${name}/${key}`,
        value,
      ]),
    );
  const cases: readonly [string, Readonly<Record<string, string | number>>, object][] = [
    ['a desktop', { 'none/uevent': '' }, { onBattery: false, charge: null }],
    [
      'a laptop on mains',
      { ...mains(1), ...battery('BAT0', { capacity: 80 }) },
      { onBattery: false, charge: 0.8 },
    ],
    [
      'a laptop on its battery',
      { ...mains(0), ...battery('BAT0', { capacity: 80 }) },
      { onBattery: true, charge: 0.8 },
    ],
    [
      'one that is charged by one of two USB sockets',
      {
        'ucsi0/type': 'USB',
        'ucsi0/online': 0,
        'ucsi1/type': 'USB',
        'ucsi1/online': 1,
        ...battery('BAT0', { capacity: 5 }),
      },
      { onBattery: false, charge: 0.05 },
    ],
    [
      'one that shows no mains',
      battery('BAT0', { capacity: 40, status: 'Discharging' }),
      { onBattery: true, charge: 0.4 },
    ],
    [
      'two batteries by their sizes',
      {
        ...mains(0),
        ...battery('BAT0', { energy_now: 10_000, energy_full: 30_000, capacity: 33 }),
        ...battery('BAT1', { energy_now: 10_000, energy_full: 10_000, capacity: 100 }),
      },
      { onBattery: true, charge: 0.5 },
    ],
    [
      'two batteries of which one hides its size',
      {
        ...mains(0),
        ...battery('BAT0', { charge_now: 10_000, charge_full: 30_000, capacity: 40 }),
        ...battery('BAT1', { capacity: 100 }),
      },
      { onBattery: true, charge: 0.7 },
    ],
    [
      "a desktop with a mouse's battery and an empty bay",
      {
        ...battery('hid-mouse', { scope: 'Device', capacity: 10, status: 'Discharging' }),
        ...battery('BAT1', { present: 0, capacity: 0 }),
      },
      { onBattery: false, charge: null },
    ],
    [
      'a battery of nonsense',
      { ...mains(0), ...battery('BAT0', { capacity: 'full', energy_now: -1, energy_full: 0 }) },
      { onBattery: true, charge: null },
    ],
    [
      'one of impossible charge',
      { ...mains(0), ...battery('BAT0', { capacity: 255 }) },
      { onBattery: true, charge: null },
    ],
  ];

  test.each(cases)('%s', async (_, files, reading) => {
    fixture.put(files);
    expect(await readPowerSupplies(fixture.dir)).toEqual(reading);
  });

  test('is unknown where there is no such folder', async () => {
    expect(await readPowerSupplies(path.join(fixture.dir, 'none'))).toEqual({
      onBattery: null,
      charge: null,
    });
  });
});

describe('thermal', () => {
  const read = async (): Promise<object> =>
    (await fixture.start(thermalSensor(new FakeClock(), fixture.dir))).reading;

  test('tells nothing where nothing can be read', async () => {
    expect(await read()).toEqual({ temperatureC: null, fanRpm: null, packageWatts: null });
  });

  test('the hottest package of Intel, without waking each core; the fastest fan of all', async () => {
    fixture.put({
      'class/hwmon/hwmon0/name': 'coretemp',
      'class/hwmon/hwmon0/temp1_input': 61_000,
      'class/hwmon/hwmon0/temp1_label': 'Package id 0',
      'class/hwmon/hwmon0/temp2_input': 99_000,
      'class/hwmon/hwmon0/temp2_label': 'Core 0',
      'class/hwmon/hwmon1/name': 'coretemp',
      'class/hwmon/hwmon1/temp1_input': 64_500,
      'class/hwmon/hwmon1/temp1_label': 'Package id 1',
      'class/hwmon/hwmon2/name': 'nvme',
      'class/hwmon/hwmon2/temp1_input': 80_000,
      'class/hwmon/hwmon3/name': 'nct6775',
      'class/hwmon/hwmon3/fan1_input': 900,
      'class/hwmon/hwmon3/fan2_input': 1450,
      'class/hwmon/hwmon3/fan3_input': 65_535,
      'class/thermal/thermal_zone0/type': 'x86_pkg_temp',
      'class/thermal/thermal_zone0/temp': 70_000,
    });
    expect(await read()).toMatchObject({ temperatureC: 64.5, fanRpm: 1450 });
  });

  test("AMD's true temperature rather than the one for the fan", async () => {
    fixture.put({
      'class/hwmon/hwmon0/name': 'k10temp',
      'class/hwmon/hwmon0/temp1_input': 75_000,
      'class/hwmon/hwmon0/temp1_label': 'Tctl',
      'class/hwmon/hwmon0/temp2_input': 55_000,
      'class/hwmon/hwmon0/temp2_label': 'Tdie',
      'class/hwmon/hwmon0/temp3_input': 58_000,
      'class/hwmon/hwmon0/temp3_label': 'Tccd1',
    });
    expect(await read()).toMatchObject({ temperatureC: 55 });
  });

  test('the CPU zone where no driver tells; a chassis zone is none', async () => {
    fixture.put({
      'class/thermal/thermal_zone0/type': 'acpitz',
      'class/thermal/thermal_zone0/temp': 27_800,
      'class/thermal/thermal_zone1/type': 'x86_pkg_temp',
      'class/thermal/thermal_zone1/temp': 48_000,
    });
    expect(await read()).toMatchObject({ temperatureC: 48 });
  });

  test('nonsense is unknown', async () => {
    fixture.put({
      'class/hwmon/hwmon0/name': 'k10temp',
      'class/hwmon/hwmon0/temp1_input': 'warm',
      'class/hwmon/hwmon0/temp2_input': -273_000,
      'class/hwmon/hwmon0/temp3_input': '9'.repeat(40),
      'class/hwmon/hwmon0/fan1_input': -1,
      'class/powercap/intel-rapl:0/name': 'package-0',
      'class/powercap/intel-rapl:0/max_energy_range_uj': 0,
    });
    expect(await read()).toEqual({ temperatureC: null, fanRpm: null, packageWatts: null });
  });

  test('power of all packages, once each, over a counter that begins again', async () => {
    const energy = (first: number | string, second: number) => {
      fixture.put({
        'class/powercap/intel-rapl:0/energy_uj': first,
        'class/powercap/intel-rapl:1/energy_uj': second,
      });
    };
    for (const [zone, name] of [
      ['intel-rapl:0', 'package-0'],
      ['intel-rapl:1', 'package-1'],
      ['intel-rapl:2', 'psys'],
      ['intel-rapl-mmio:0', 'package-0'],
      ['intel-rapl:0:0', 'core'],
    ]) {
      fixture.put({
        [`class/powercap/${zone}/name`]: name ?? '',
        [`class/powercap/${zone}/max_energy_range_uj`]: 262_143_000_000,
        [`class/powercap/${zone}/energy_uj`]: 0,
      });
    }
    const clock = new FakeClock();
    energy(1_000_000, 262_142_000_000);
    const sensor = await fixture.start(thermalSensor(clock, fixture.dir));
    expect(sensor.reading.packageWatts).toBe(null);
    // 100 J and 50 J in 5 s; the second counter goes round.
    energy(101_000_000, 49_000_000);
    await turn(clock, 5000, sensor);
    expect(sensor.reading.packageWatts).toBe(30);
    energy('?', 49_000_000);
    await turn(clock, 5000, sensor);
    expect(sensor.reading.packageWatts).toBe(null);
    energy(201_000_000, 49_000_000);
    await turn(clock, 5000, sensor);
    expect(sensor.reading.packageWatts).toBe(null);
    energy(301_000_000, 49_000_000);
    await turn(clock, 5000, sensor);
    expect(sensor.reading.packageWatts).toBe(20);
  });

  test.each([
    ['no time between them', 0, [5], [6]],
    ['so long between them that the counter may have gone round twice', 61_000, [5], [6]],
    ['a package less', 1000, [5, 5], [6]],
    ['more than a computer can take', 1, [0], [900_000_000]],
  ])('two samples with %s tell no power', (_, at, before, after) => {
    const packages = before.map(() => ({ rangeUj: 1_000_000_000 }));
    expect(packageWatts({ at: 0, counters: before }, { at, counters: after }, packages)).toBe(undefined);
  });
});

describe('disk', () => {
  test('what is free for the data folder', async () => {
    const { diskFreeBytes } = (await fixture.start(diskSensor(new FakeClock(), fixture.dir))).reading;
    expect(diskFreeBytes).toBeGreaterThan(0);
  });

  test('a folder that is gone fails', async () => {
    const clock = new FakeClock();
    const sensor = await fixture.start(diskSensor(clock, fixture.dir));
    rmSync(fixture.dir, { recursive: true });
    clock.advance(30_000);
    expect(await sensor.failed).toMatchObject({ code: 'ENOENT' });
  });
});
