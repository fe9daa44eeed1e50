/** A week of hours, seven days of 24, from the first day that the caller shows. */
export type WeekCell = 'on' | 'off' | 'partly';
export type Week = readonly (readonly WeekCell[])[];

export const hoursOfDay = 24;

export interface CellAt {
  readonly day: number;
  readonly hour: number;
}

/** The cells between two corners, both included, in any order of these. Pure. */
export function between(a: CellAt, b: CellAt): CellAt[] {
  const range = (from: number, to: number): number[] =>
    Array.from({ length: Math.abs(to - from) + 1 }, (_, n) => Math.min(from, to) + n);
  return range(a.day, b.day).flatMap((day) => range(a.hour, b.hour).map((hour) => ({ day, hour })));
}

/** With these cells painted; what is painted is wholly on or off. Pure. */
export function painted(week: Week, cells: readonly CellAt[], on: boolean): Week {
  const touched = new Set(cells.map(({ day, hour }) => day * hoursOfDay + hour));
  return week.map((hours, day) =>
    hours.map((cell, hour) => (touched.has(day * hoursOfDay + hour) ? (on ? 'on' : 'off') : cell)),
  );
}

/** The cell that a key leads to, within the week; null: the key leads nowhere. Pure. */
export function moved({ day, hour }: CellAt, key: string, isRightToLeft: boolean): CellAt | null {
  const ahead = isRightToLeft ? -1 : 1;
  const to = (target: CellAt): CellAt => ({
    day: Math.min(6, Math.max(0, target.day)),
    hour: Math.min(hoursOfDay - 1, Math.max(0, target.hour)),
  });
  switch (key) {
    case 'ArrowUp':
      return to({ day: day - 1, hour });
    case 'ArrowDown':
      return to({ day: day + 1, hour });
    case 'ArrowRight':
      return to({ day, hour: hour + ahead });
    case 'ArrowLeft':
      return to({ day, hour: hour - ahead });
    case 'Home':
      return to({ day, hour: 0 });
    case 'End':
      return to({ day, hour: hoursOfDay - 1 });
    case 'PageUp':
      return to({ day: 0, hour });
    case 'PageDown':
      return to({ day: 6, hour });
    default:
      return null;
  }
}
