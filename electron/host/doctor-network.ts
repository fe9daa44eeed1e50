import type { DenialReason, Failure } from '../contract/index.ts';
import type { Checker } from './doctor.ts';

/** The grids' way out, as far as it can be told without sending anything. */
export interface NetworkFacts {
  /** Why nothing may pass; null: it may. */
  closed(): { readonly reason: DenialReason; readonly sentence: string } | null;
  /** How a proxy is looked for. */
  proxy(): 'none' | 'fixed' | 'ask' | 'pac';
  /** What an open gateway says of that proxy, or of its script; undefined: nothing is wrong, or nothing was tried. */
  trouble(): Failure | undefined;
  todayBytes(): number;
}

const proxyWords: Readonly<Record<ReturnType<NetworkFacts['proxy']>, string>> = {
  none: 'without a proxy',
  fixed: 'through the proxy set in the preferences',
  ask: 'as the system’s proxy settings say',
  pac: 'as the proxy script says',
};

export const networkChecker: Checker<'network', NetworkFacts> = {
  id: 'network',
  title: 'Network',
  check(facts) {
    const proxy = facts.proxy();
    const closed = facts.closed();
    if (closed && isClosing(closed.reason)) {
      const { reason: code, sentence: detail } = closed;
      return Promise.resolve({ state: 'warning', code, values: { proxy }, detail });
    }
    const trouble = facts.trouble();
    if (trouble) {
      const { sentence: detail, hint } = trouble;
      return Promise.resolve({
        state: 'failed',
        code: 'proxy-refused',
        values: { proxy },
        detail,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    const bytes = facts.todayBytes();
    const values = { proxy, bytes };
    return Promise.resolve(
      bytes > 0
        ? {
            state: 'ok',
            code: 'passing',
            values,
            detail: `${Math.ceil(bytes / 1024)} KiB sent and received by grids today, ${proxyWords[proxy]}.`,
          }
        : {
            state: 'unknown',
            code: 'untried',
            values,
            detail: `Grids have sent and received nothing today. Next time: ${proxyWords[proxy]}.`,
          },
    );
  },
};

function isClosing(reason: DenialReason): reason is 'metered' | 'quota-day' | 'quota-month' {
  return reason === 'metered' || reason === 'quota-day' || reason === 'quota-month';
}
