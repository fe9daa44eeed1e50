import { useCallback, useEffect, useRef, useState } from 'react';
import type { Answer } from '../../electron/contract/commands.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import type { Check, CheckId, FixReport } from '../../electron/contract/health.ts';
import { client } from '../bridge/store.ts';
import { useNow } from '../ui/use-now.ts';

/** How often is looked again while something is being mended, in ms. */
const mendingMs = 5000;

/** What came of the last fix of one check. */
export type Outcome = Answer<FixReport>;

export interface Doctor {
  /** null: not known yet. */
  readonly checks: readonly Check[] | null;
  /** Why they could not be had. */
  readonly failure: Failure | null;
  /** Somebody asked to look again, and it is not known yet. */
  readonly looking: boolean;
  /** Fixes that were asked for here and go on. */
  readonly mending: ReadonlySet<CheckId>;
  /** Of the fixes that were asked for here. */
  readonly outcomes: ReadonlyMap<CheckId, Outcome>;
  /** The fix that ended last, until somebody looks again. */
  readonly latest: CheckId | null;
  readonly look: () => Promise<void>;
  readonly fix: (id: CheckId) => Promise<void>;
  readonly cancel: (id: CheckId) => Promise<void>;
}

function isRunning({ fix }: Check): boolean {
  return fix?.kind === 'automatic' && fix.running !== null;
}

/** Doctor's checks, and what was done about them from here. They are looked at once, at `look`, and while one is mended. */
export function useDoctor(): Doctor {
  const [answer, setAnswer] = useState<Answer<readonly Check[]> | null>(null);
  const [looks, setLooks] = useState(0);
  const [mending, setMending] = useState<ReadonlySet<CheckId>>(new Set());
  const [outcomes, setOutcomes] = useState<ReadonlyMap<CheckId, Outcome>>(new Map());
  const [latest, setLatest] = useState<CheckId | null>(null);
  const order = useRef(0);
  const checks = answer?.ok === true ? answer.value : null;

  const ask = useCallback(async () => {
    order.current += 1;
    const mine = order.current;
    const told = await client.call('doctor', {});
    // An older answer that comes late would bring back what has been mended since.
    if (mine === order.current) setAnswer(told);
  }, []);
  const now = useNow(mending.size > 0 || checks?.some(isRunning) === true ? mendingMs : null);
  useEffect(() => {
    void ask();
    // `now` is the reason to ask anew.
  }, [ask, now]);

  const look = useCallback(async () => {
    setLatest(null);
    setLooks((count) => count + 1);
    try {
      await ask();
      setOutcomes(new Map());
    } finally {
      setLooks((count) => count - 1);
    }
  }, [ask]);
  const fix = useCallback(
    async (id: CheckId) => {
      setLatest(null);
      setMending((all) => new Set(all).add(id));
      const outcome = await client.call('doctor.fix', { id });
      setMending((all) => new Set([...all].filter((other) => other !== id)));
      setOutcomes((all) => new Map(all).set(id, outcome));
      setLatest(id);
      if (!outcome.ok) {
        await ask();
        return;
      }
      order.current += 1;
      setAnswer((before) =>
        before?.ok === true
          ? { ok: true, value: before.value.map((one) => (one.id === id ? outcome.value.check : one)) }
          : before,
      );
    },
    [ask],
  );
  const cancel = useCallback(async (id: CheckId) => {
    // What it comes to is the fix's outcome; one that has ended meanwhile needs no end.
    await client.call('doctor.cancel', { id });
  }, []);
  const failure = answer?.ok === false ? answer.failure : null;
  return { checks, failure, looking: looks > 0, mending, outcomes, latest, look, fix, cancel };
}
