import { describe, expect, test } from 'vitest';
import { type BookRow, checkPrices, parseBook } from '../../electron/grid/local/judge-book.ts';
import {
  asianBounds,
  asianDeviationBound,
  europeanDeviation,
  europeanPrice,
} from '../../electron/grid/local/judge-pricing.ts';

const header = 'id,style,right,spot,strike,rate,volatility,years,fixings,paths';
const lines = [
  'EU-C-01,european,call,42,46,0.05,0.4,0.25,1,160000',
  'AS-C-02,asian,call,76.5,72.5,0.01,0.25,1,6,40000',
  'EU-P-03,european,put,37.73,37.5,0.03,0.3,1,1,160000',
];

function bookOf(...rows: string[]): readonly BookRow[] {
  const book = parseBook([header, ...rows].join('\n'));
  if (typeof book === 'string') throw new Error(book);
  return book;
}

const book = bookOf(...lines);
const [european, asian, put] = book;
if (!european || !asian || !put) throw new Error('three options');
const plainError = (row: BookRow): number =>
  (row.style === 'european' ? europeanDeviation(row) : asianDeviationBound(row)) / Math.sqrt(row.paths);
const bounds = asianBounds(asian);
const good: Readonly<Record<string, readonly [number, number]>> = {
  [european.id]: [europeanPrice(european) + 3.9 * plainError(european), plainError(european)],
  [asian.id]: [(bounds.lower + bounds.upper) / 2, plainError(asian) / 2],
  [put.id]: [europeanPrice(put), plainError(put) * 1.2],
};
const table = (prices: Readonly<Record<string, readonly [number | string, number | string]>>): string =>
  ['id,price,stderr', ...Object.entries(prices).map(([id, pair]) => [id, ...pair].join(','))].join('\n');

test('right prices pass, whatever their order and their line ends', () => {
  expect(checkPrices(book, table(good))).toBeNull();
  const [first, ...rest] = table(good).split('\n');
  expect(checkPrices(book, `${[first, ...rest.reverse()].join('\r\n')}\r\n`)).toBeNull();
});

test('what the sample program printed passes', () => {
  const printed = [
    'id,price,stderr',
    'EU-C-01,2.03213616980976,0.009770581890560178',
    'AS-C-02,7.336470908666594,0.031218833791117492',
    'EU-P-03,3.7745539148992813,0.008486723153226322',
  ];
  expect(checkPrices(book, `${printed.join('\n')}\n`)).toBeNull();
});

describe('refused', () => {
  const withPrice = (row: BookRow, price: number | string, error: number | string): string | null =>
    checkPrices(book, table({ ...good, [row.id]: [price, error] }));

  test('a European price off by more than four standard errors, on either side', () => {
    const [price, error] = [europeanPrice(european), plainError(european)];
    expect(withPrice(european, price + 4.1 * error, error)).toContain('"EU-C-01" is priced');
    expect(withPrice(european, price - 4.1 * error, error)).toContain('standard errors from');
    expect(withPrice(european, price - 3.9 * error, error)).toBeNull();
  });

  test('an Asian price beyond its bounds', () => {
    const error = plainError(asian);
    expect(withPrice(asian, bounds.upper + 4.1 * error, error)).toContain('"AS-C-02" is priced');
    expect(withPrice(asian, bounds.lower - 4.1 * error, error)).toContain('"AS-C-02" is priced');
    expect(withPrice(asian, bounds.lower - 3.9 * error, error)).toBeNull();
  });

  test.each([european, asian, put])('a standard error that buys a pass: $style $right', (row) => {
    expect(withPrice(row, 0, 1000)).toContain('claims a standard error of 1000');
    expect(withPrice(row, 0, plainError(row) * 1.26)).toContain('claims a standard error');
    expect(withPrice(row, europeanPrice(row), 0)).toContain('not positive');
    expect(withPrice(row, europeanPrice(row), -1)).toContain('not positive');
  });

  test.each([
    ['nan', 1],
    ['NaN', 1],
    ['Infinity', 1],
    ['1e999', 1],
    ['0x10', 1],
    ['', 1],
    [' 1', 1],
    [1, 'nan'],
    [1, '1,1'],
    ['"1"', 1],
    ['1'.repeat(100), 1],
  ])('numbers that are none: %s, %s', (price, error) => {
    expect(withPrice(european, price, error)).toMatch(/line 2 .* is not an option/);
  });

  test('options that are missing, foreign or priced twice', () => {
    const { [european.id]: own = [0, 0] as const, ...others } = good;
    expect(checkPrices(book, table(others))).toBe('out/prices.csv has no price for "EU-C-01"');
    expect(checkPrices(book, table({ ...good, 'EU-C-99': own }))).toContain('prices "EU-C-99", which');
    const twice = `${table(good)}\nEU-C-01,${own.join(',')}`;
    expect(checkPrices(book, twice)).toContain('prices "EU-C-01", which');
    expect(checkPrices(book, table({ ...good, __proto__: own }))).toBeNull();
    expect(checkPrices(book, `${table(good)}\n__proto__,1,1`)).toContain('"__proto__"');
  });

  test('tables that are none', () => {
    for (const text of ['', 'price', '\0'.repeat(1000), table(good).replace('id,', 'ID,')]) {
      expect(checkPrices(book, text)).toContain('out/prices.csv cannot be read');
    }
    expect(checkPrices(book, `id,price,stderr\n${'x,1,1\n'.repeat(10_001)}`)).toContain('more than 10000');
    expect(checkPrices(book, `id,price,stderr\n\u001b[31m\u0007,1,1`)).not.toMatch(/[\u0000-\u001f]/);
  });
});

test.each([
  ['id', 'first line'],
  [`${header}\nx,european,call,1,1,0,0.2,1,1`, 'line 2'],
  [`${header}\nx,american,call,1,1,0,0.2,1,1,100`, 'line 2'],
  [`${header}\nx,european,both,1,1,0,0.2,1,1,100`, 'line 2'],
  [`${header}\nx,european,call,0,1,0,0.2,1,1,100`, 'line 2'],
  [`${header}\nx,european,call,1,1,0,0,1,1,100`, 'line 2'],
  [`${header}\nx,asian,call,1,1,0,0.2,1,2.5,100`, 'line 2'],
  [`${header}\nx,asian,call,1,1,0,0.2,1,100000,100`, 'line 2'],
  [`${header}\n${lines[0] ?? ''}\n${lines[0] ?? ''}`, 'comes twice'],
])('a book that is none is refused: %j', (text, words) => {
  expect(parseBook(text)).toContain(words);
});
