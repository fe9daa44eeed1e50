import { quoteName } from '../../base/tar-entry.ts';
import {
  type AsianOption,
  asianBounds,
  asianDeviationBound,
  europeanDeviation,
  europeanPrice,
} from './judge-pricing.ts';

/** One option of a book, and how many payoffs its price is the mean of. */
export interface BookRow extends AsianOption {
  readonly id: string;
  readonly style: 'european' | 'asian';
  readonly paths: number;
}

const bookHeader = 'id,style,right,spot,strike,rate,volatility,years,fixings,paths';
const pricesHeader = 'id,price,stderr';
const maxRows = 10_000;
const maxFixings = 1000;

/** How far a price may lie from what it must be, in its own standard errors. */
const errorsAllowed = 4;
/**
 * How far a claimed standard error may exceed that of plain Monte Carlo with the row's number of paths. It is
 * an estimate itself, so a little; a job can thus not pass by claiming to know nothing.
 */
const errorSlack = 1.25;

/** The rows of a book (CSV without quotes, at most 10,000), or in words why it is none. Pure. */
export function parseBook(text: string): readonly BookRow[] | string {
  const lines = splitLines(text, bookHeader);
  if (typeof lines === 'string') return lines;
  const rows: BookRow[] = [];
  for (const [index, line] of lines.entries()) {
    const row = parseBookRow(line.split(','));
    if (!row) return `line ${index + 2} is no option`;
    rows.push(row);
  }
  if (new Set(rows.map(({ id }) => id)).size !== rows.length) return 'an option comes twice';
  return rows;
}

/**
 * Whether `pricesText` (a job's out/prices.csv: hostile) prices every option of the book once and rightly:
 * European ones within 4 standard errors of the closed form, Asian ones of its bounds, with a standard error
 * that the number of paths explains. Null, or in words what is wrong. Pure.
 */
export function checkPrices(book: readonly BookRow[], pricesText: string): string | null {
  const lines = splitLines(pricesText, pricesHeader);
  if (typeof lines === 'string') return `out/prices.csv cannot be read: ${lines}`;
  const open = new Map(book.map((row) => [row.id, row]));
  for (const [index, line] of lines.entries()) {
    const [id = '', priceText, errorText, ...rest] = line.split(',');
    const price = finite(priceText);
    const error = finite(errorText);
    if (price === undefined || error === undefined || rest.length > 0) {
      return `line ${index + 2} of out/prices.csv is not an option, a price and a standard error`;
    }
    const row = open.get(id);
    if (!row) return `out/prices.csv prices ${quoteName(id)}, which the book does not ask for or has had`;
    open.delete(id);
    const fault = judgePrice(row, price, error);
    if (fault) return `${quoteName(id)} ${fault}`;
  }
  const [missing] = open.keys();
  return missing === undefined ? null : `out/prices.csv has no price for ${quoteName(missing)}`;
}

function judgePrice(row: BookRow, price: number, error: number): string | null {
  const deviation = row.style === 'european' ? europeanDeviation(row) : asianDeviationBound(row);
  const largest = (errorSlack * deviation) / Math.sqrt(row.paths);
  if (!(error > 0)) return 'has a standard error that is not positive';
  if (error > largest) {
    return `claims a standard error of ${shown(error)}, and ${row.paths} paths give ${shown(largest)} at most`;
  }
  const closed = row.style === 'european' ? europeanPrice(row) : undefined;
  const { lower, upper } = closed === undefined ? asianBounds(row) : { lower: closed, upper: closed };
  const beyond = Math.max(lower - price, price - upper);
  if (beyond <= errorsAllowed * error) return null;
  const goal = closed === undefined ? `${shown(lower)} to ${shown(upper)}` : shown(closed);
  return `is priced ${shown(price)}, which is ${shown(beyond / error)} standard errors from ${goal}`;
}

function parseBookRow(fields: readonly string[]): BookRow | undefined {
  const [id = '', style, right, ...texts] = fields;
  const [spot, strike, rate, volatility, years, fixings, paths] = texts.map(finite);
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(id) || texts.length !== 7) return undefined;
  if ((style !== 'european' && style !== 'asian') || (right !== 'call' && right !== 'put')) return undefined;
  if (!within(spot, 1e-6, 1e9) || !within(strike, 1e-6, 1e9) || !within(rate, -1, 1)) return undefined;
  if (!within(volatility, 1e-4, 5) || !within(years, 1e-4, 100)) return undefined;
  if (!within(fixings, 1, maxFixings) || !within(paths, 2, 1e12)) return undefined;
  if (!Number.isInteger(fixings) || !Number.isInteger(paths)) return undefined;
  return { id, style, right, spot, strike, rate, volatility, years, fixings, paths };
}

function splitLines(text: string, header: string): readonly string[] | string {
  const [first, ...lines] = text.split(/\r?\n/, maxRows + 3);
  if (first !== header) return `its first line is not ${header}`;
  if (lines.at(-1) === '') lines.pop();
  return lines.length > maxRows ? `it has more than ${maxRows} lines` : lines;
}

function finite(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 40 || !/^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function within(value: number | undefined, least: number, most: number): value is number {
  return value !== undefined && value >= least && value <= most;
}

const shown = (value: number): string => String(Number(value.toPrecision(6)));
