import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { namesIn, readHead, readNumber } from './bounded-files.ts';
import { polledSensor } from './polled-sensor.ts';
import type { Reading, Sensor } from './sensor.ts';
import { serviceSensor } from './service-sensor.ts';

const gives = ['onBattery', 'charge'] as const;
const everyMs = 30_000;
/** Devices of /sys/class/power_supply that are looked at. */
const mostSupplies = 32;
/** UPower's device types 2 and 3: a battery, an uninterruptible supply. */
const storeTypes: readonly unknown[] = [2, 3];

/**
 * Mains or battery, and the battery's charge: from UPower by event, or else from sysfs every 30 s. A computer without
 * a battery is on mains, with no charge to tell.
 */
export function powerSensor(clock: Clock, sysDir: string, log: Log): Sensor {
  const byEvent = upowerSensor(clock);
  const byPolling = sysfsPowerSensor(clock, sysDir);
  return {
    name: 'power',
    cost: `${byEvent.cost} Without UPower: ${byPolling.cost}`,
    gives,
    async start(report, fail) {
      try {
        return await byEvent.start(report, fail);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        log.info('sensors', 'UPower cannot be asked for the battery; sysfs is', { words });
        return await byPolling.start(report, fail);
      }
    },
  };
}

const service = 'org.freedesktop.UPower';

function upowerSensor(clock: Clock): Sensor {
  return serviceSensor({
    name: 'power',
    cost: 'Nothing while nothing happens: signals on one connection to the system bus.',
    gives,
    clock,
    required: true,
    objects: [
      { service, path: '/org/freedesktop/UPower', interface: 'org.freedesktop.UPower' },
      {
        service,
        path: '/org/freedesktop/UPower/devices/DisplayDevice',
        interface: 'org.freedesktop.UPower.Device',
      },
    ],
    parse: ([main, device]): Reading => {
      const onBattery = main?.get('OnBattery');
      const percent = device?.get('Percentage');
      const hasBattery = device?.get('IsPresent') === true && storeTypes.includes(device.get('Type'));
      return {
        onBattery: typeof onBattery === 'boolean' ? onBattery : null,
        charge: hasBattery && typeof percent === 'number' ? shareOf(percent, 100) : null,
      };
    },
  });
}

function sysfsPowerSensor(clock: Clock, sysDir: string): Sensor {
  return polledSensor({
    name: 'power',
    cost: 'A few small files of sysfs every 30 s.',
    gives,
    everyMs,
    clock,
    read: () => readPowerSupplies(path.join(sysDir, 'class/power_supply')),
  });
}

interface Supply {
  readonly isBattery: boolean;
  /** Of mains. */
  readonly online: boolean;
  /** Of a battery. */
  readonly discharging: boolean;
  /** Energy or charge now and full, in the same unit; undefined: only `percent` is known. */
  readonly now: number | undefined;
  readonly full: number | undefined;
  readonly percent: number | undefined;
}

/** Reads /sys/class/power_supply (kernel: Documentation/ABI/testing/sysfs-class-power). */
export async function readPowerSupplies(dirPath: string): Promise<Reading> {
  const names = await namesIn(dirPath, mostSupplies);
  if (!names) return { onBattery: null, charge: null };
  const all = await Promise.all(names.map((name) => readSupply(path.join(dirPath, name))));
  const supplies = all.filter((supply) => supply !== undefined);
  const batteries = supplies.filter(({ isBattery }) => isBattery);
  const mains = supplies.filter(({ isBattery }) => !isBattery);
  return { onBattery: onBattery(batteries, mains), charge: chargeOf(batteries) };
}

async function readSupply(dirPath: string): Promise<Supply | undefined> {
  const text = (name: string) => readHead(path.join(dirPath, name), 64);
  const number = (name: string) => readNumber(path.join(dirPath, name));
  const type = await text('type');
  if (type === 'Mains' || type === 'USB') {
    const online = await number('online');
    const nothing = { now: undefined, full: undefined, percent: undefined };
    return { isBattery: false, online: online !== undefined && online > 0, discharging: false, ...nothing };
  }
  // A mouse's or a headset's battery says nothing of the computer.
  if ((type !== 'Battery' && type !== 'UPS') || (await text('scope')) === 'Device') return undefined;
  if ((await number('present')) === 0) return undefined;
  return {
    isBattery: true,
    online: false,
    discharging: (await text('status')) === 'Discharging',
    now: (await number('energy_now')) ?? (await number('charge_now')),
    full: (await number('energy_full')) ?? (await number('charge_full')),
    percent: await number('capacity'),
  };
}

/** Without mains in sight a battery's own word counts. */
function onBattery(batteries: readonly Supply[], mains: readonly Supply[]): boolean {
  if (batteries.length === 0 || mains.some(({ online }) => online)) return false;
  return mains.length > 0 || batteries.some(({ discharging }) => discharging);
}

/** Of all batteries together; by their sizes where all of them tell those. */
function chargeOf(batteries: readonly Supply[]): number | null {
  const sum = (values: readonly (number | undefined)[]): number | undefined =>
    values.reduce<number | undefined>(
      (total, value) => (total === undefined || value === undefined || value < 0 ? undefined : total + value),
      0,
    );
  if (batteries.length === 0) return null;
  const now = sum(batteries.map((battery) => battery.now));
  const full = sum(batteries.map((battery) => battery.full));
  if (now !== undefined && full !== undefined && full > 0) return shareOf(now, full);
  const percent = sum(batteries.map((battery) => battery.percent));
  return percent === undefined ? null : shareOf(percent, 100 * batteries.length);
}

/** A worn battery may hold a little more than it says that it can; what is far outside is no charge. */
function shareOf(value: number, whole: number): number | null {
  const share = value / whole;
  return share >= 0 && share <= 1.1 ? Math.min(1, share) : null;
}
