import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AsianOption,
  asianBounds,
  asianDeviationBound,
  europeanDeviation,
  europeanPrice,
  normalCdf,
  type Option,
} from '../../electron/grid/local/judge-pricing.ts';

const between = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
const terms = fc.record({
  spot: between(20, 200),
  strike: between(20, 200),
  rate: between(0, 0.12),
  volatility: between(0.05, 0.8),
  years: between(0.05, 3),
});
const asianTerms = fc.record({ terms, fixings: fc.integer({ min: 1, max: 60 }) });

/** E[f(Z)] for a standard normal Z, by the midpoint rule. */
function expected(of: (z: number) => number): number {
  const step = 1e-3;
  let sum = 0;
  for (let z = -10 + step / 2; z < 10; z += step) sum += of(z) * Math.exp((-z * z) / 2);
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

test('normal distribution: known values and symmetry', () => {
  // Abramowitz and Stegun, table 26.1.
  expect(normalCdf(0)).toBe(0.5);
  expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 14);
  expect(normalCdf(1.96)).toBeCloseTo(0.97500210485178, 14);
  expect(normalCdf(-3)).toBeCloseTo(0.00134989803163, 14);
  expect(normalCdf(-40)).toBe(0);
  expect(normalCdf(Number.POSITIVE_INFINITY)).toBe(1);
  fc.assert(
    fc.property(between(-9, 9), (x) => {
      expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 13);
    }),
  );
});

describe('European options', () => {
  test('the textbook example (Hull, "Options, Futures, and Other Derivatives", ch. 15)', () => {
    const option = { spot: 42, strike: 40, rate: 0.1, volatility: 0.2, years: 0.5 };
    expect(europeanPrice({ ...option, right: 'call' })).toBeCloseTo(4.76, 2);
    expect(europeanPrice({ ...option, right: 'put' })).toBeCloseTo(0.81, 2);
  });

  test('put–call parity and no-arbitrage bounds', () => {
    fc.assert(
      fc.property(terms, (option) => {
        const { spot, strike, rate, years } = option;
        const call = europeanPrice({ ...option, right: 'call' });
        const put = europeanPrice({ ...option, right: 'put' });
        const discounted = strike * Math.exp(-rate * years);
        expect(call - put).toBeCloseTo(spot - discounted, 9);
        expect(call).toBeGreaterThanOrEqual(Math.max(0, spot - discounted) - 1e-9);
        expect(call).toBeLessThanOrEqual(spot);
        expect(put).toBeLessThanOrEqual(discounted + 1e-9);
      }),
    );
  });

  test('price and deviation agree with numerical integration of the payoff', () => {
    fc.assert(
      fc.property(terms, fc.constantFrom('call', 'put'), (values, right) => {
        const option: Option = { ...values, right };
        const { spot, strike, rate, volatility, years } = values;
        const payoff = (z: number): number => {
          const end =
            spot * Math.exp((rate - volatility ** 2 / 2) * years + volatility * Math.sqrt(years) * z);
          const exercised = right === 'call' ? end - strike : strike - end;
          return Math.exp(-rate * years) * Math.max(0, exercised);
        };
        const price = expected(payoff);
        const deviation = Math.sqrt(
          Math.max(
            0,
            expected((z) => (payoff(z) - price) ** 2),
          ),
        );
        expect(Math.abs(europeanPrice(option) - price)).toBeLessThan(1e-3);
        expect(Math.abs(europeanDeviation(option) - deviation)).toBeLessThan(2e-2 + deviation * 1e-3);
      }),
      { numRuns: 40 },
    );
  });
});

describe('Asian options', () => {
  test('with one fixing they are European', () => {
    fc.assert(
      fc.property(terms, fc.constantFrom('call', 'put'), (values, right) => {
        const option: AsianOption = { ...values, right, fixings: 1 };
        const { lower, upper } = asianBounds(option);
        expect(lower).toBeCloseTo(europeanPrice(option), 8);
        expect(upper).toBeCloseTo(europeanPrice(option), 8);
        const call: Option = { ...values, right: 'call', strike: 1e-9 };
        expect(asianDeviationBound(option)).toBeCloseTo(europeanDeviation(call), 6);
      }),
    );
  });

  test('the bounds are in order, and below the European call', () => {
    fc.assert(
      fc.property(asianTerms, fc.constantFrom('call', 'put'), ({ terms: values, fixings }, right) => {
        const { lower, upper } = asianBounds({ ...values, right, fixings });
        expect(lower).toBeLessThanOrEqual(upper + 1e-9);
        if (right === 'call') expect(upper).toBeLessThanOrEqual(europeanPrice({ ...values, right }) + 1e-9);
      }),
    );
  });

  test('they hold the textbook values (Hull, ch. 26: at the money, 12, 52 and 250 fixings)', () => {
    const option = { right: 'call', spot: 50, strike: 50, rate: 0.1, volatility: 0.4, years: 1 } as const;
    for (const [fixings, price] of [
      [12, 6.0],
      [52, 5.7],
      [250, 5.63],
    ] as const) {
      const { lower, upper } = asianBounds({ ...option, fixings });
      expect(lower).toBeLessThan(price);
      expect(upper).toBeGreaterThan(price);
      expect(upper - lower).toBeLessThan(0.8);
    }
  });

  test('with many fixings the lower bound is the continuous geometric call (Kemna and Vorst, 1990)', () => {
    const option = { right: 'call', spot: 50, strike: 50, rate: 0.1, volatility: 0.4, years: 1 } as const;
    const { lower } = asianBounds({ ...option, fixings: 2000 });
    // A European call with volatility σ/√3 on an asset that drifts at (r − σ²/6)/2.
    const [drift, volatility] = [(0.1 - 0.4 ** 2 / 6) / 2, 0.4 / Math.sqrt(3)];
    const call = europeanPrice({ ...option, rate: drift, volatility });
    expect(lower).toBeCloseTo(call * Math.exp(drift - 0.1), 2);
  });
});
