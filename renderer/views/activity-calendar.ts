// The computer's own calendar: days as dates such as `2025-03-30`. Pure but for the time zone.

const fieldsOf = (day: string): readonly [year: number, month: number, date: number] => {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return [year, month - 1, date];
};

/** The day of an instant in epoch ms. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Where a day begins, in epoch ms. */
export function startOf(day: string): number {
  return new Date(...fieldsOf(day)).getTime();
}

/** The day that is so many days later. */
export function later(day: string, days: number): string {
  const [year, month, date] = fieldsOf(day);
  return dayOf(new Date(year, month, date + days).getTime());
}
