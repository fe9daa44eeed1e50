import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Variant } from 'dbus-next';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { login1Sensor } from '../../electron/policy/sensors/login1.ts';
import { meteredSensor } from '../../electron/policy/sensors/metered.ts';
import { powerSensor } from '../../electron/policy/sensors/power.ts';
import type { Sensor } from '../../electron/policy/sensors/sensor.ts';
import { CountingClock } from '../fakes/counting-clock.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeSystemBus, logind, networkManager, upower } from '../fakes/fake-system-bus.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

const manager = { path: '/org/freedesktop/login1', interface: 'org.freedesktop.login1.Manager' };
const network = { path: '/org/freedesktop/NetworkManager', interface: 'org.freedesktop.NetworkManager' };
const power = { path: '/org/freedesktop/UPower', interface: 'org.freedesktop.UPower' };
const battery = {
  path: '/org/freedesktop/UPower/devices/DisplayDevice',
  interface: 'org.freedesktop.UPower.Device',
};
const yes = new Variant('b', true);
const no = new Variant('b', false);

let bus: FakeSystemBus;
let sysDir: string;
const started: WatchedSensor[] = [];

async function start(sensor: Sensor): Promise<WatchedSensor> {
  const watched = await WatchedSensor.start(sensor);
  started.push(watched);
  return watched;
}

beforeAll(async () => {
  sysDir = mkdtempSync(path.join(tmpdir(), 'gleaner-sys-'));
  bus = await FakeSystemBus.start();
  await Promise.all([bus.mock(logind), bus.mock(upower), bus.mock(networkManager)]);
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((sensor) => sensor.stop()));
});

afterAll(async () => {
  await bus.close();
  rmSync(sysDir, { recursive: true, force: true });
});

describe('login1', () => {
  test('tells sleep and shutdown as they are announced, twice or once', async () => {
    const sensor = await start(login1Sensor(systemClock));
    expect(sensor.reading).toEqual({ sleeping: false, shuttingDown: false, lidClosed: null });
    await bus.emit(logind, manager, 'PrepareForSleep', yes);
    await bus.emit(logind, manager, 'PrepareForSleep', yes);
    await sensor.until(({ sleeping }) => sleeping === true);
    await bus.emit(logind, manager, 'PrepareForSleep', no);
    await sensor.until(({ sleeping }) => sleeping === false);
    await bus.emit(logind, manager, 'PrepareForShutdown', yes);
    await sensor.until(({ shuttingDown }) => shuttingDown === true);
    // A shutdown that was called off.
    await bus.emit(logind, manager, 'PrepareForShutdown', no);
    await sensor.until(({ shuttingDown }) => shuttingDown === false);
  });

  test('does not believe what others send in its name, nor what is no answer', async () => {
    const before = new Set(await bus.connections());
    const sensor = await start(login1Sensor(systemClock));
    const [to = ''] = (await bus.connections()).filter((name) => !before.has(name));
    const reports = sensor.reports;
    bus.forge(manager, 'PrepareForSleep', yes, to);
    await bus.emit(logind, manager, 'PrepareForSleep', new Variant('s', 'yes'));
    // Signals keep their order: when this one has come, the others have.
    await bus.emit(logind, manager, 'PrepareForShutdown', yes);
    await sensor.until(({ shuttingDown }) => shuttingDown === true);
    expect(sensor.reading.sleeping).toBe(false);
    expect(sensor.reports).toBe(reports + 1);
  });
});

describe('metered', () => {
  test('follows NetworkManager, guesses included, through a restart of it', async () => {
    await bus.addProperties(networkManager, network, { Metered: new Variant('u', 4) });
    const sensor = await start(meteredSensor(systemClock));
    expect(sensor.reading).toEqual({ meteredNetwork: false });
    await bus.update(networkManager, network, { Metered: new Variant('u', 3) });
    await sensor.until(({ meteredNetwork }) => meteredNetwork === true);
    await bus.unmock(networkManager);
    await sensor.until(({ meteredNetwork }) => meteredNetwork === null);
    await bus.mock(networkManager);
    await bus.addProperties(networkManager, network, { Metered: new Variant('u', 1) });
    await bus.update(networkManager, network, { Metered: new Variant('u', 1) });
    await sensor.until(({ meteredNetwork }) => meteredNetwork === true);
  });

  test.each([
    ['unknown to it', new Variant('u', 0)],
    ['of a kind to come', new Variant('u', 5)],
    ['a word', new Variant('s', 'yes')],
  ])('an answer that is %s is unknown', async (_, answer) => {
    await bus.update(networkManager, network, { Metered: answer });
    const sensor = await start(meteredSensor(systemClock));
    expect(sensor.reading).toEqual({ meteredNetwork: null });
  });
});

describe('power', () => {
  test('follows UPower', async () => {
    const sensor = await start(powerSensor(systemClock, sysDir, silentLog));
    expect(sensor.reading).toEqual({ onBattery: false, charge: null });
    await bus.update(upower, battery, {
      Type: new Variant('u', 2),
      IsPresent: yes,
      Percentage: new Variant('d', 63),
    });
    await bus.update(upower, power, { OnBattery: yes });
    await sensor.until(({ onBattery, charge }) => onBattery === true && charge === 0.63);
  });

  test.each([
    ['too high a charge', { Percentage: new Variant('d', 250) }, { charge: null }],
    ['a charge in words', { Percentage: new Variant('s', '63') }, { charge: null }],
    ['a mouse', { Type: new Variant('u', 5) }, { charge: null }],
    ['a charge below nothing', { Percentage: new Variant('d', -5) }, { charge: null }],
  ])('%s is unknown', async (_, said, known) => {
    const good = { Type: new Variant('u', 2), IsPresent: yes, Percentage: new Variant('d', 50) };
    await bus.update(upower, battery, { ...good, ...said });
    const sensor = await start(powerSensor(systemClock, sysDir, silentLog));
    expect(sensor.reading).toMatchObject(known);
  });

  test('fails when UPower goes, and is read from sysfs then', async () => {
    const sensor = await start(powerSensor(systemClock, sysDir, silentLog));
    await bus.unmock(upower);
    expect(await sensor.failed).toMatchObject({ code: 'sensor-failed' });
    const again = await start(powerSensor(systemClock, sysDir, silentLog));
    expect(again.reading).toEqual({ onBattery: null, charge: null });
  });
});

describe('a service that', () => {
  let own: FakeSystemBus;

  beforeEach(async () => {
    own = await FakeSystemBus.start();
  });

  afterEach(async () => {
    await own.close();
  });

  test('speaks while it is read is believed, not what it answered before', async () => {
    let reads = 0;
    await own.serve(logind.name, (call, answer, signal) => {
      expect(call.member).toBe('GetAll');
      reads += 1;
      if (reads === 1) signal(manager, 'PrepareForSleep', yes);
      answer('a{sv}', [{ PreparingForSleep: reads === 1 ? no : yes, LidClosed: yes }]);
    });
    const sensor = await start(login1Sensor(systemClock));
    expect(sensor.reading).toEqual({ sleeping: true });
    await sensor.until(({ lidClosed }) => lidClosed === true);
    expect(sensor.reading.sleeping).toBe(true);
  });

  test("does not speak of the lid is asked when UPower's moves", async () => {
    let closed = no;
    const clock = new FakeClock();
    await own.serve(logind.name, (_call, answer) => {
      answer('a{sv}', [{ LidClosed: closed }]);
    });
    await own.mock(upower);
    const counting = new CountingClock(clock);
    const sensor = await start(login1Sensor(counting));
    expect(sensor.reading.lidClosed).toBe(false);
    // The pause after a reading.
    clock.advance(1000);
    await counting.none(1000);
    closed = yes;
    await own.update(upower, power, { LidIsClosed: yes });
    await counting.some(1000);
    clock.advance(1000);
    await sensor.until(({ lidClosed }) => lidClosed === true);
  });

  test('never answers is given up', async () => {
    const clock = new FakeClock();
    let resolve: () => void = () => undefined;
    const asked = new Promise<void>((done) => {
      resolve = done;
    });
    await own.serve(logind.name, () => {
      resolve();
    });
    const starting = WatchedSensor.start(login1Sensor(clock));
    await asked;
    clock.advance(5000);
    await expect(starting).rejects.toMatchObject({ code: 'sensor-failed' });
    expect(clock.pending).toBe(0);
  });

  test('changes without end is read once a second', async () => {
    const clock = new FakeClock();
    let reads = 0;
    await own.serve(networkManager.name, (_call, answer) => {
      reads += 1;
      answer('a{sv}', [{ Metered: new Variant('u', 1 + (reads % 2)) }]);
    });
    const sensor = await start(meteredSensor(clock));
    for (let i = 0; i < 100; i++) own.tellChange(network, { Metered: new Variant('u', 1) });
    const next = sensor.nextReport();
    clock.advance(1000);
    await next;
    for (let i = 0; i < 100; i++) own.tellChange(network, { Metered: new Variant('u', 1) });
    for (let i = 0; i < 5; i++) await own.roundTrip();
    expect(reads).toBe(2);
  });
});

describe('the bus', () => {
  test('that vanishes fails those who listen to it', async () => {
    const sensors = [await start(login1Sensor(systemClock)), await start(meteredSensor(systemClock))];
    await bus.vanish();
    for (const sensor of sensors) {
      expect(await sensor.failed).toMatchObject({ code: 'sensor-failed' });
    }
  });

  test('that is not there is a matter of the platform', async () => {
    process.env['DBUS_SYSTEM_BUS_ADDRESS'] = `unix:path=${sysDir}/none`;
    await expect(WatchedSensor.start(login1Sensor(systemClock))).rejects.toMatchObject({
      code: 'platform-not-ready',
    });
    const sensor = await start(powerSensor(systemClock, sysDir, silentLog));
    expect(sensor.reading).toEqual({ onBattery: null, charge: null });
  });
});
