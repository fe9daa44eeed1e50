import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Sensor } from '../../electron/policy/sensors/sensor.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { FakeSystemBus } from '../fakes/fake-system-bus.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

/** A bus for sensors' tests, and what is started on it; all of it ends with the test that began it. */
export function useBus() {
  let system: FakeSystemBus;
  let address = '';
  const ends: (() => void | Promise<void>)[] = [];
  /** What a session's environment says of its buses. */
  const env: Record<string, string> = {};
  beforeAll(async () => {
    system = await FakeSystemBus.start();
    address = process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '';
    env['DBUS_SESSION_BUS_ADDRESS'] = address;
    env['DBUS_SYSTEM_BUS_ADDRESS'] = address;
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await system.roundTrip();
  });
  afterAll(async () => {
    await system.close();
  });
  return {
    env,
    /** There from the first test on. */
    bus: (): FakeSystemBus => system,
    address: (): string => address,
    ends,
    start: async (sensor: Sensor): Promise<WatchedSensor> => {
      const watched = await WatchedSensor.start(sensor);
      ends.push(() => watched.stop());
      return watched;
    },
    serve: async (names: readonly string[], path: string, iface: string): Promise<FakeService> => {
      const service = await FakeService.appear(address, names, path, iface);
      ends.push(() => {
        service.vanish();
      });
      return service;
    },
  };
}
