import type { EarningsReport, EarningsSums } from '../contract/earnings.ts';
import type { EnergyModel } from '../contract/ledger.ts';
import type { Look } from './show-status.ts';
import { formatAmount, formatSeconds, table } from './text.ts';

const header = ['PERIOD', 'JOBS', 'CPU', 'ENERGY', 'COST', 'GRID', 'SETTLED', 'PENDING', 'OBSERVED'];
const modelWords: Readonly<Record<EnergyModel, string>> = {
  rapl: "the CPU's own counters",
  'cpu-time': 'CPU time and watts per core',
};

/** Periods in which something was booked, and all of them together. */
export function showEarnings(report: EarningsReport, { style }: Look): string {
  const { periods, total, price, grid } = report;
  const currency = price?.currency ?? null;
  const rows = periods.flatMap((one) => (isEmpty(one) ? [] : rowsOf(one.period, one, currency)));
  const whose = grid === null ? '' : ` of ${grid}`;
  if (rows.length === 0) return `Nothing was booked${whose} in this time.`;
  const { energy } = total;
  const notes = [
    energy.models.length === 0
      ? 'No energy was estimated.'
      : `Energy is an estimate, by ${energy.models.map((model) => modelWords[model]).join(', and by ')}.`,
    ...(energy.unknownCpuSeconds > 0
      ? [`It lacks ${formatSeconds(energy.unknownCpuSeconds)} of CPU time that nobody estimated.`]
      : []),
    price === null
      ? 'For its cost, say what a kWh costs: gleaner settings set energy.pricePerKwh 0.32'
      : `Its cost is at today's price, ${formatAmount(price.perKwh, price.currency)} per kWh.`,
  ];
  return [
    table(header, [...rows, ...rowsOf('all', total, currency)], style.bold),
    '',
    ...notes.map((note) => style.dim(note)),
  ].join('\n');
}

function isEmpty({ earned, jobsDone, jobsFailed, cpuSeconds }: EarningsSums): boolean {
  return earned.length + jobsDone + jobsFailed + cpuSeconds === 0;
}

/** One row for each grid and unit, the first of them with what it took. */
function rowsOf(name: string, sums: EarningsSums, currency: string | null): string[][] {
  const { jobsDone, jobsFailed, cpuSeconds, energy, electricity, earned } = sums;
  const work = [
    name,
    jobsFailed === 0 ? String(jobsDone) : `${jobsDone}, ${jobsFailed} failed`,
    formatSeconds(cpuSeconds),
    energy.models.length === 0 ? '' : formatEnergy(energy.wattHours),
    electricity === null || currency === null ? '' : formatAmount(electricity, currency),
  ];
  const credit = earned.map(({ grid, unit, settled, pending, observed }) => [
    grid,
    ...[settled, pending, observed].map((amount) => (amount === 0 ? '' : formatAmount(amount, unit))),
  ]);
  return [[...work, ...(credit[0] ?? [])], ...credit.slice(1).map((cells) => ['', '', '', '', '', ...cells])];
}

/** `12 Wh`, `1.25 kWh`. */
export function formatEnergy(wattHours: number): string {
  if (wattHours < 1000)
    return `${wattHours < 10 ? Math.round(wattHours * 10) / 10 : Math.round(wattHours)} Wh`;
  return `${Math.round(wattHours / 10) / 100} kWh`;
}
