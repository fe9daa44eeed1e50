import type { Failure } from '../../electron/contract/failures.ts';
import { client } from '../bridge/store.ts';
import { useAsked } from '../ui/use-asked.ts';
import type { Changes, InForce } from './changes.ts';
import { useChanges } from './preferences-changes.ts';

/** What is in force, and the few changes that the welcome page makes. */
export function useSettings(): {
  /** null: not known yet. What was asked for is shown as if it were in force until that is known. */
  readonly settings: InForce | null;
  readonly failure: Failure | null;
  readonly changes: Pick<Changes, 'set' | 'refusal'>;
} {
  const { answer, again } = useAsked(client.listSettings, null);
  const { shown, changes } = useChanges(answer?.ok === true ? answer.value : null, again);
  return {
    settings: answer?.ok === true ? shown : null,
    failure: answer?.ok === false ? answer.failure : null,
    changes,
  };
}
