import { beforeAll, describe, expect, it } from 'vitest';
import {
  ago,
  amount,
  bytes,
  countdown,
  dates,
  duration,
  energy,
  milliseconds,
  moment,
  money,
  percent,
  price,
  watts,
} from '../../renderer/text/format.ts';
import * as format from '../../text/format.ts';
import { speakIn } from '../fakes/speak.ts';

beforeAll(() => speakIn('en'));

describe('formatting', () => {
  it.each([
    [0, '0:00'],
    [-5, '0:00'],
    [1, '0:01'],
    [59_001, '1:00'],
    [27 * 60_000 + 13_000, '27:13'],
    [3_600_000 + 62_000, '1:01:02'],
  ])('counts %d ms down as %s', (ms, words) => {
    expect(countdown(ms)).toBe(words);
  });

  it.each([
    [0, '0 s'],
    [2.61, '2.6 s'],
    [42.4, '42 s'],
    [61.5, '1 min 2 s'],
    [119.6, '2 min 0 s'],
    [720, '12 min'],
    [4312, '1 h 12 min'],
    [3599, '1 h 0 min'],
  ])('says %d s as %s', (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });

  it.each([
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [20 * 1024 ** 2, '20 MiB'],
    [3 * 1024 ** 4, '3 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ])('says %d bytes as %s', (count, words) => {
    expect(bytes(count)).toBe(words);
  });

  it.each([
    [0, '0 kWh'],
    [0.4567, '0.00046 kWh'],
    [20.4, '0.02 kWh'],
    [1249, '1.25 kWh'],
    [34_567, '34.6 kWh'],
  ])('says %d Wh as %s', (wattHours, words) => {
    expect(energy(wattHours)).toBe(words);
    expect(format.energy('ar', wattHours)).toContain('kWh');
  });

  it.each([
    [0, 'EUR', '€0.00'],
    [0.006412, 'EUR', '€0.0064'],
    [0.01, 'EUR', '€0.01'],
    [1.256, 'EUR', '€1.26'],
    [-0.004, 'EUR', '-€0.004'],
    [0.321, 'JPY', 'JP¥0.32'],
    [31.5, 'JPY', 'JP¥32'],
  ])('says %d %s as %s', (value, currency, words) => {
    expect(money(value, currency)).toBe(words);
  });

  it('says prices and powers as they are set', () => {
    expect(price(0.3245, 'EUR')).toBe('€0.3245');
    expect(price(0.3, 'EUR')).toBe('€0.30');
    expect(price(31.5, 'JPY')).toBe('JP¥31.5');
    expect(watts(12.5)).toBe('12.5 W');
  });

  it('says from which date to which', () => {
    const at = (month: number, day: number): number => new Date(2026, month - 1, day, 12).getTime();
    // Versions of ICU differ in the spaces.
    expect(dates(at(2, 23), at(3, 1)).replaceAll(/\s/g, '')).toBe('23Feb–1Mar2026');
    expect(dates(at(3, 2), at(3, 8)).replaceAll(/\s/g, '')).toBe('2–8Mar2026');
    expect(format.date('de', at(3, 2), 'wholeDay')).toBe('Montag, 2. März 2026');
  });

  it('says shares, amounts and yields shortly', () => {
    expect([percent(0.974), amount(1.239), amount(15), milliseconds(1.24), milliseconds(80.4)]).toEqual([
      '97 %',
      '1.24',
      '15',
      '1.2 ms',
      '80 ms',
    ]);
  });

  it('names the day only when it is another', () => {
    const noon = new Date(2026, 2, 1, 12).getTime();
    expect(moment(noon - 60_000, noon)).toBe('11:59');
    expect(moment(noon - 86_400_000, noon)).toBe('28 Feb 12:00');
  });

  it('says how long ago something was', () => {
    expect([ago(100, 90), ago(0, 20_000), ago(0, 120_000), ago(0, 7_300_000)]).toEqual([
      'just now',
      '20 s ago',
      '2 min ago',
      '2 h ago',
    ]);
  });

  it('names the hours of a day as short as the language can', () => {
    const six = new Date(2026, 2, 1, 18).getTime();
    const hours = (['en', 'de', 'ja', 'ar'] as const).map((language) => format.dayHour(language, six));
    expect(hours).toEqual(['18:00', '18:00', '18:00', '6 م']);
  });

  it('writes numbers, units and lists as each language does', () => {
    const spaced = (words: string): string => words.replace(/[\u00a0\u202f]/g, ' ');
    expect(format.duration('de', 2.61)).toBe('2,6 Sek.');
    expect(format.span('de', 90)).toMatch(/^1 Min[.],? 30 Sek[.]$/);
    expect(format.span('en', 60)).toBe('1 min');
    expect(format.span('en', 2400)).toBe('40 min');
    expect(format.span('en', 7205)).toBe('2 h 5 s');
    expect(format.span('en', 0)).toBe('0 s');
    expect(spaced(format.percent('fr', 0.5))).toBe('50 %');
    expect(format.percent('ja', 0.5)).toBe('50%');
    expect(format.bytes('de', 1536)).toBe('1,5 KiB');
    expect(format.relative('es', -7300)).toBe('hace 2 h');
    expect(spaced(format.relative('fr', 3 * 86_400))).toBe('dans 3 j');
    expect(format.list('de', ['a', 'b', 'c'])).toBe('a, b und c');
    expect(format.signedAmount('de', -2.5)).toBe('−2,5');
    expect(format.amount('en', -6)).toBe('−6');
    expect([format.exactPercent('en', 0.125), format.exactPercent('ja', 0.4)]).toEqual(['12.5 %', '40%']);
    expect(format.sentenceCase('de', 'übrig')).toBe('Übrig');
  });
});
