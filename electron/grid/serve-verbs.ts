import { constants, setPriority } from 'node:os';
import { connectToParent } from '../base/parent.ts';
import { type Failure, toFailure } from '../contract/failures.ts';
import type { FromWorker, ToWorker } from './verb-worker.ts';

type Verbs<Inputs> = { readonly [V in keyof Inputs]: (input: Inputs[V]) => Promise<unknown> };

/** The worker's end of a `VerbWorker`: answers each call by the table. Returns how to tell that its peer is gone. */
export function serveVerbs<Inputs>(verbs: Verbs<Inputs>): (failure: Failure) => void {
  const parent = connectToParent();
  const tell = (message: FromWorker): void => {
    parent.send(message);
  };
  // Others can make us work; they must not get more of the computer that way than the person's own programs.
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not permitted everywhere; then we run like the others.
  }

  const answer = async ({ id, verb, input }: ToWorker): Promise<void> => {
    try {
      // The table's functions and inputs match by verb, which TypeScript cannot follow through a union.
      const perform = verbs[verb as keyof Inputs] as (input: unknown) => Promise<unknown>;
      tell({ kind: 'answer', id, value: await perform(input) });
    } catch (error) {
      tell({ kind: 'refused', id, failure: toFailure(error) });
    }
  };
  parent.onMessage((message) => {
    void answer(message as ToWorker);
  });
  return (failure) => {
    tell({ kind: 'lost', failure });
  };
}
