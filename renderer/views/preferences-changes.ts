import { useEffect, useRef, useState } from 'react';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import { client, type Json } from '../bridge/store.ts';
import { sayFailure } from '../text/host-words.ts';
import { type Change, type Changes, type InForce, isOwn, isSame, undoable, withChange } from './changes.ts';

const none: InForce = new Map();

/**
 * The person's changes: sent one after another, each once, of those of one value only the latest; shown as if they
 * were in force until the host has answered; the last ones can be taken back.
 * @param told what the host last told; null: nothing yet
 * @param again asks the host anew
 */
export function useChanges(
  told: readonly EffectiveSetting[] | null,
  again: () => Promise<void>,
): {
  readonly shown: InForce;
  readonly changes: Changes;
  /** The change that `undo` takes back. */
  readonly last: Change | null;
  /** The change that was taken back just now, until there is another. */
  readonly undone: Change | null;
  readonly undo: () => Promise<void>;
} {
  const [asked, setAsked] = useState<ReadonlyMap<SettingKey, Json>>(new Map());
  const [history, setHistory] = useState<readonly Change[]>([]);
  const [undone, setUndone] = useState<Change | null>(null);
  const [refused, setRefused] = useState<{ readonly key: SettingKey; readonly words: string } | null>(null);
  /** What is in force as far as the page knows, for whoever waits in line. */
  const known = useRef(new Map<SettingKey, EffectiveSetting>());
  /** The newest wish for each value. */
  const wishes = useRef(new Map<SettingKey, symbol>());
  /** The history as the next in line finds it. */
  const past = useRef<readonly Change[]>([]);
  const line = useRef(Promise.resolve());
  useEffect(() => {
    known.current = new Map(told?.map((setting) => [setting.key, setting]));
  }, [told]);

  const inForce: InForce = told === null ? none : new Map(told.map((setting) => [setting.key, setting]));
  const shown = new Map(
    [...inForce].map(([key, setting]) => {
      const value = asked.get(key);
      return [key, value === undefined ? setting : { ...setting, value }];
    }),
  );

  const remember = (changed: readonly Change[]): void => {
    past.current = changed;
    setHistory(changed);
  };
  const inLine = async (turn: () => Promise<void>): Promise<void> => {
    // One that broke down keeps nobody else from their turn.
    line.current = line.current.then(turn, turn);
    await line.current;
  };
  /** @param value undefined: none of the person's own */
  const send = async (
    key: SettingKey,
    value: Json | undefined,
    undoes: Change | null = null,
  ): Promise<void> => {
    const before = known.current.get(key);
    const answer = await (value === undefined ? client.unsetSetting(key) : client.setSetting(key, value));
    if (answer.ok) known.current.set(key, answer.value);
    await again();
    if (!answer.ok) {
      const { sentence, hint } = sayFailure(answer.failure);
      setRefused({ key, words: hint === null ? sentence : `${sentence} ${hint}` });
      return;
    }
    setUndone(undoes);
    if (before && undoes === null) remember(withChange(past.current, { before, after: answer.value }));
  };
  const ask = async (key: SettingKey, value: Json | undefined): Promise<void> => {
    const wish = Symbol(key);
    wishes.current.set(key, wish);
    setRefused(null);
    setAsked((all) => {
      const next = new Map(all);
      if (value === undefined) next.delete(key);
      else next.set(key, value);
      return next;
    });
    await inLine(async () => {
      if (wishes.current.get(key) !== wish) return;
      await send(key, value);
      if (wishes.current.get(key) !== wish) return;
      setAsked((all) => new Map([...all].filter(([other]) => other !== key)));
    });
  };

  return {
    shown,
    last: history[undoable(history, inForce)] ?? null,
    undone,
    changes: {
      set: async (key, value) => {
        const now = shown.get(key);
        if (now !== undefined && isSame(now.value, value)) return;
        await ask(key, value);
      },
      unset: (key) => ask(key, undefined),
      refuse: (key, words) => {
        setRefused({ key, words });
      },
      refusal: (key) => (refused?.key === key ? refused.words : null),
    },
    undo: () =>
      // What is on its way is taken back first, since it was asked for last.
      inLine(async () => {
        const at = undoable(past.current, known.current);
        const change = past.current[at];
        if (change === undefined) return;
        remember(past.current.slice(0, at));
        const { before } = change;
        await send(before.key, isOwn(before) ? before.value : undefined, change);
      }),
  };
}
