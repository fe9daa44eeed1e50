import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { namesIn, readHead, readNumber } from './bounded-files.ts';
import { polledSensor } from './polled-sensor.ts';
import type { Reading, Sensor } from './sensor.ts';

const everyMs = 5000;
/** Folders of one class, and sensors of one kind, that are looked at. */
const mostDirs = 64;
const mostFiles = 64;

/**
 * Drivers whose temperatures are a CPU's, with the labels that stand for the hottest of it: asking each core would
 * wake it. Ryzen's Tctl may be 10 to 27 °C above the true Tdie, for the fan's sake.
 */
const cpuDrivers: ReadonlyMap<string, readonly RegExp[]> = new Map([
  ['coretemp', [/^Package id /]],
  ['k10temp', [/^Tdie$/, /^Tctl$/]],
  ['zenpower', [/^Tdie$/, /^Tctl$/]],
  ['k8temp', []],
  ['via_cputemp', []],
  ['cpu_thermal', []],
  ['soc_thermal', []],
]);
const cpuZones: readonly string[] = [
  'x86_pkg_temp',
  'cpu-thermal',
  'cpu_thermal',
  'soc-thermal',
  'cpu0-thermal',
];

/** What real parts can have; drivers and firmware tell nonsense for parts that are not there. */
const possibleC = { from: -30, to: 150 };
const mostRpm = 30_000;
const mostWatts = 5000;
/** The counter may have gone round more than once in a longer time: it holds some minutes at full power. */
const longestSampleMs = 60_000;

/** What to read, found once: the paths of sysfs attributes. */
export interface ThermalFiles {
  readonly temperatures: readonly string[];
  readonly fans: readonly string[];
  readonly packages: readonly RaplPackage[];
}

export interface RaplPackage {
  readonly energyPath: string;
  /** The counter runs up to here, in µJ, and begins again. */
  readonly rangeUj: number;
}

/** Energy counters in µJ, package by package, at a monotonic time in ms. */
export interface EnergySample {
  readonly at: number;
  readonly counters: readonly number[];
}

/**
 * The hottest CPU, the fastest fan and the packages' power (RAPL, root only on most kernels), from sysfs.
 * `systeminformation` does not: on Linux it starts a shell for temperatures, and knows neither fans nor RAPL.
 */
export function thermalSensor(clock: Clock, sysDir: string): Sensor {
  let files: ThermalFiles | undefined;
  let last: EnergySample | undefined;
  const read = async (): Promise<Reading> => {
    files ??= await findThermalFiles(sysDir);
    const temperatureC = largest(await readAll(files.temperatures), 1 / 1000, possibleC);
    const fanRpm = largest(await readAll(files.fans), 1, { from: 0, to: mostRpm });
    const before = last;
    last = await readEnergy(files.packages, clock);
    const watts = before && last ? packageWatts(before, last, files.packages) : undefined;
    return { temperatureC, fanRpm, packageWatts: watts ?? null };
  };
  const polled = polledSensor({
    name: 'thermal',
    cost: 'Some small files of sysfs every 5 s while working, when quiet mode is on.',
    gives: ['temperatureC', 'fanRpm', 'packageWatts'],
    everyMs,
    clock,
    read,
  });
  return {
    ...polled,
    start(report, fail) {
      files = undefined;
      last = undefined;
      return polled.start(report, fail);
    },
  };
}

/** Looks through /sys/class/{hwmon,thermal,powercap} (kernel: Documentation/hwmon/sysfs-interface.rst, power/powercap). */
export async function findThermalFiles(sysDir: string): Promise<ThermalFiles> {
  const hwmonDir = path.join(sysDir, 'class/hwmon');
  const temperatures: string[] = [];
  const fans: string[] = [];
  for (const name of (await namesIn(hwmonDir, mostDirs)) ?? []) {
    const dir = path.join(hwmonDir, name);
    const files = (await namesIn(dir, 1024)) ?? [];
    fans.push(...files.filter((file) => /^fan\d+_input$/.test(file)).map((file) => path.join(dir, file)));
    const labels = cpuDrivers.get((await readHead(path.join(dir, 'name'), 64)) ?? '');
    if (labels) temperatures.push(...(await cpuTemperatures(dir, files, labels)));
  }
  return {
    temperatures: (temperatures.length > 0 ? temperatures : await zoneFiles(sysDir)).slice(0, mostFiles),
    fans: fans.slice(0, mostFiles),
    packages: await findPackages(path.join(sysDir, 'class/powercap')),
  };
}

async function cpuTemperatures(
  dir: string,
  files: readonly string[],
  labels: readonly RegExp[],
): Promise<string[]> {
  const inputs = files.filter((file) => /^temp\d+_input$/.test(file)).slice(0, 512);
  for (const wanted of labels) {
    const fitting: string[] = [];
    for (const input of inputs) {
      const label = await readHead(path.join(dir, input.replace('_input', '_label')), 64);
      if (label !== undefined && wanted.test(label)) fitting.push(path.join(dir, input));
    }
    if (fitting.length > 0) return fitting;
  }
  return inputs.map((input) => path.join(dir, input));
}

async function zoneFiles(sysDir: string): Promise<string[]> {
  const zonesDir = path.join(sysDir, 'class/thermal');
  const zones = ((await namesIn(zonesDir, 256)) ?? []).filter((name) => name.startsWith('thermal_zone'));
  const found: string[] = [];
  for (const zone of zones.slice(0, mostDirs)) {
    const type = (await readHead(path.join(zonesDir, zone, 'type'), 64)) ?? '';
    if (cpuZones.includes(type)) found.push(path.join(zonesDir, zone, 'temp'));
  }
  return found;
}

/** `intel-rapl` is AMD's too; `intel-rapl-mmio` tells of the same packages once more. */
export async function findPackages(powercapDir: string): Promise<RaplPackage[]> {
  const zones = ((await namesIn(powercapDir, 256)) ?? []).filter((name) => /^intel-rapl:\d+$/.test(name));
  const packages: RaplPackage[] = [];
  for (const zone of zones.slice(0, mostDirs)) {
    const dir = path.join(powercapDir, zone);
    const name = (await readHead(path.join(dir, 'name'), 64)) ?? '';
    const rangeUj = await readNumber(path.join(dir, 'max_energy_range_uj'));
    if (name.startsWith('package') && rangeUj !== undefined && rangeUj > 0) {
      packages.push({ energyPath: path.join(dir, 'energy_uj'), rangeUj });
    }
  }
  return packages;
}

function readAll(paths: readonly string[]): Promise<(number | undefined)[]> {
  return Promise.all(paths.map(readNumber));
}

function largest(
  values: readonly (number | undefined)[],
  unit: number,
  possible: { readonly from: number; readonly to: number },
): number | null {
  const good = values
    .filter((value) => value !== undefined)
    .map((value) => value * unit)
    .filter((value) => value >= possible.from && value <= possible.to);
  return good.length > 0 ? Math.max(...good) : null;
}

/** The counters as they are now; undefined when one of them cannot be read. */
export async function readEnergy(
  packages: readonly RaplPackage[],
  clock: Clock,
): Promise<EnergySample | undefined> {
  if (packages.length === 0) return undefined;
  const counters = await readAll(packages.map(({ energyPath }) => energyPath));
  const known = counters.filter((counter) => counter !== undefined && counter >= 0);
  return known.length === packages.length
    ? { at: clock.monotonic(), counters: known as readonly number[] }
    : undefined;
}

/** Mean power of all packages between two samples, in W; undefined when these cannot tell. Pure. */
export function packageWatts(
  before: EnergySample,
  after: EnergySample,
  packages: readonly Pick<RaplPackage, 'rangeUj'>[],
): number | undefined {
  const elapsedMs = after.at - before.at;
  if (elapsedMs <= 0 || elapsedMs > longestSampleMs) return undefined;
  const usedUj = packages.reduce((sum, { rangeUj }, index) => {
    const used = (after.counters[index] ?? Number.NaN) - (before.counters[index] ?? Number.NaN);
    return sum + (used < 0 ? used + rangeUj : used);
  }, 0);
  const watts = usedUj / 1000 / elapsedMs;
  return watts >= 0 && watts <= mostWatts ? watts : undefined;
}
