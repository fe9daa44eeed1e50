import { type EarningsSums, EnergyModel, type Today } from '../contract/index.ts';
import type { Span } from './calendar.ts';
import type { Database, SqlRow } from './database.ts';

type Earned = Today['earned'][number];

const statuses = ['settled', 'pending', 'observed'] as const;

/** Sums over entries, taken in piece by piece. Credit stays apart by grid and unit. */
export class Sums {
  #cpuSeconds = 0;
  #wallSeconds = 0;
  #jobsDone = 0;
  #jobsFailed = 0;
  #wattHours = 0;
  #unknownCpuSeconds = 0;
  readonly #models = new Set<unknown>();
  readonly #earned = new Map<string, Earned>();

  /** Takes in what was booked in a time, of one grid or of all; in one go, so the time should hold no more than some thousands. */
  addBooked(database: Database, { from, to }: Span, grid: string | null = null): void {
    const rows = database.all(
      `SELECT grid, unit, status, outcome, energy_model, count(*) AS entries, sum(amount) AS amount,
         sum(cpu_seconds) AS cpu, sum(wall_seconds) AS wall, sum(watt_hours) AS watt_hours
       FROM ledger_facts WHERE booked_at >= ?1 AND booked_at < ?2 AND (?3 IS NULL OR grid = ?3)
       GROUP BY grid, unit, status, outcome, energy_model`,
      from,
      to,
      grid,
    );
    for (const row of rows) this.#add(row);
  }

  #add(row: SqlRow): void {
    const cpuSeconds = Number(row['cpu'] ?? 0);
    this.#cpuSeconds += cpuSeconds;
    this.#wallSeconds += Number(row['wall'] ?? 0);
    if (row['outcome'] === 'done') this.#jobsDone += Number(row['entries']);
    if (row['outcome'] === 'failed') this.#jobsFailed += Number(row['entries']);
    if (row['energy_model'] === null) this.#unknownCpuSeconds += cpuSeconds;
    else this.#models.add(row['energy_model']);
    this.#wattHours += Number(row['watt_hours'] ?? 0);
    if (row['unit'] !== null) {
      const status = statuses.find((one) => one === row['status']);
      const line = this.#line(String(row['grid']), String(row['unit']));
      if (status) line[status] += Number(row['amount'] ?? 0);
    }
  }

  /** Takes in other sums as well. */
  addSums({ earned, energy, ...work }: Omit<EarningsSums, 'electricity'>): void {
    this.#cpuSeconds += work.cpuSeconds;
    this.#wallSeconds += work.wallSeconds;
    this.#jobsDone += work.jobsDone;
    this.#jobsFailed += work.jobsFailed;
    this.#wattHours += energy.wattHours;
    this.#unknownCpuSeconds += energy.unknownCpuSeconds;
    for (const model of energy.models) this.#models.add(model);
    for (const { grid, unit, ...amounts } of earned) {
      const line = this.#line(grid, unit);
      for (const status of statuses) line[status] += amounts[status];
    }
  }

  today(): Today {
    return {
      cpuSeconds: this.#cpuSeconds,
      wallSeconds: this.#wallSeconds,
      jobsDone: this.#jobsDone,
      jobsFailed: this.#jobsFailed,
      earned: [...this.#earned.values()].sort(byGridAndUnit),
    };
  }

  /** @param perKwh what a kWh costs; null: nobody said */
  earnings(perKwh: number | null): EarningsSums {
    return {
      ...this.today(),
      energy: {
        wattHours: this.#wattHours,
        models: EnergyModel.options.filter((model) => this.#models.has(model)),
        unknownCpuSeconds: this.#unknownCpuSeconds,
      },
      electricity: perKwh === null ? null : (this.#wattHours / 1000) * perKwh,
    };
  }

  #line(grid: string, unit: string): Earned {
    const key = JSON.stringify([grid, unit]);
    let line = this.#earned.get(key);
    if (!line) {
      line = { grid, unit, settled: 0, pending: 0, observed: 0 };
      this.#earned.set(key, line);
    }
    return line;
  }
}

function byGridAndUnit(a: Earned, b: Earned): number {
  if (a.grid !== b.grid) return a.grid < b.grid ? -1 : 1;
  return a.unit < b.unit ? -1 : 1;
}
