/** An option on an asset without dividends, under Black and Scholes. Rates are continuous, times in years. */
export interface Option {
  readonly right: 'call' | 'put';
  readonly spot: number;
  readonly strike: number;
  readonly rate: number;
  readonly volatility: number;
  readonly years: number;
}

/** Settled on the arithmetic mean of `fixings` equally spaced prices, the last one at the end. */
export interface AsianOption extends Option {
  readonly fixings: number;
}

const inverseRootTwoPi = 1 / Math.sqrt(2 * Math.PI);

/**
 * Distribution function of the standard normal, to about 1e-15 absolute. The series of G. Marsaglia,
 * "Evaluating the Normal Distribution", Journal of Statistical Software 11 (2004).
 */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > Math.abs(sum) * Number.EPSILON; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x) * inverseRootTwoPi;
}

/**
 * E[max(X − K, 0)] for a log-normal X with mean `mean` and Var[ln X] = `logVariance`: the undiscounted
 * Black (1976) call.
 */
function lognormalCall(mean: number, strike: number, logVariance: number): number {
  const deviation = Math.sqrt(logVariance);
  const d1 = (Math.log(mean / strike) + logVariance / 2) / deviation;
  return mean * normalCdf(d1) - strike * normalCdf(d1 - deviation);
}

/** Price of a European option: Black and Scholes (1973). */
export function europeanPrice({ right, spot, strike, rate, volatility, years }: Option): number {
  const discount = Math.exp(-rate * years);
  const call = discount * lognormalCall(spot / discount, strike, volatility ** 2 * years);
  return right === 'call' ? call : call - spot + strike * discount;
}

/** Standard deviation of one discounted payoff of a European option under the pricing measure. */
export function europeanDeviation(option: Option): number {
  const { right, spot, strike, rate, volatility, years } = option;
  const logVariance = volatility ** 2 * years;
  const growth = Math.exp(rate * years);
  const d1 = (Math.log(spot / strike) + (rate + volatility ** 2 / 2) * years) / Math.sqrt(logVariance);
  const d2 = d1 - Math.sqrt(logVariance);
  const sign = right === 'call' ? 1 : -1;
  // E[payoff²] = E[(S − K)²; exercised], each power of S shifting d by one standard deviation.
  const square =
    (spot * growth) ** 2 * Math.exp(logVariance) * normalCdf(sign * (d1 + Math.sqrt(logVariance))) -
    2 * strike * spot * growth * normalCdf(sign * d1) +
    strike ** 2 * normalCdf(sign * d2);
  const price = europeanPrice(option);
  return Math.sqrt(Math.max(0, square / growth ** 2 - price ** 2));
}

/** First two moments of the arithmetic mean and law of the geometric mean of the fixings. */
function meanOfFixings({ spot, rate, volatility, years, fixings }: AsianOption): {
  mean: number;
  square: number;
  geometricMean: number;
  geometricLogVariance: number;
} {
  const step = years / fixings;
  let mean = 0;
  let square = 0;
  for (let i = 1; i <= fixings; i += 1) {
    mean += spot * Math.exp(rate * i * step);
    for (let j = 1; j <= fixings; j += 1) {
      square += spot ** 2 * Math.exp((rate * (i + j) + volatility ** 2 * Math.min(i, j)) * step);
    }
  }
  // ln G is normal: its mean and variance over t_i = i·step (discrete version of Kemna and Vorst, 1990).
  const logMean = Math.log(spot) + ((rate - volatility ** 2 / 2) * step * (fixings + 1)) / 2;
  const geometricLogVariance = (volatility ** 2 * step * (fixings + 1) * (2 * fixings + 1)) / (6 * fixings);
  return {
    mean: mean / fixings,
    square: square / fixings ** 2,
    geometricMean: Math.exp(logMean + geometricLogVariance / 2),
    geometricLogVariance,
  };
}

/**
 * Bounds on the price of an arithmetic Asian option. For the call, with A ≥ G the two means: the geometric
 * call from below; from above (G − K)⁺ + (A − G), and the mean of the European calls that end at each fixing
 * (convexity). The put follows by parity, C − P = e^(−rT)·(E[A] − K).
 */
export function asianBounds(option: AsianOption): { readonly lower: number; readonly upper: number } {
  const { right, strike, rate, years, fixings } = option;
  const discount = Math.exp(-rate * years);
  const { mean, geometricMean, geometricLogVariance } = meanOfFixings(option);
  const geometric = discount * lognormalCall(geometricMean, strike, geometricLogVariance);
  let europeans = 0;
  for (let i = 1; i <= fixings; i += 1) {
    const until = (years * i) / fixings;
    const call = europeanPrice({ ...option, right: 'call', years: until });
    europeans += call * Math.exp(-rate * (years - until));
  }
  const upper = Math.min(geometric + discount * (mean - geometricMean), europeans / fixings);
  const parity = right === 'call' ? 0 : discount * (mean - strike);
  return { lower: geometric - parity, upper: upper - parity };
}

/** A bound on the standard deviation of one discounted payoff: cutting a variable off never spreads it. */
export function asianDeviationBound(option: AsianOption): number {
  const { mean, square } = meanOfFixings(option);
  return Math.exp(-option.rate * option.years) * Math.sqrt(Math.max(0, square - mean ** 2));
}
