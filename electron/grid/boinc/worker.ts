import type { Clock } from '../../base/clock.ts';
import type { SpawnWorker } from '../../base/worker.ts';
import { VerbWorker } from '../verb-worker.ts';
import { answers, type Inputs } from './messages.ts';

/**
 * The worker `boinc` as the host uses it, which speaks to the web for verbs that need no client, and to the one client
 * given to `open`, which has to be called again when the worker was lost.
 */
export class BoincWorker extends VerbWorker<Inputs, typeof answers> {
  constructor(o: { readonly spawnWorker: SpawnWorker; readonly clock?: Clock }) {
    super({ ...o, name: 'boinc', peer: 'BOINC', answers });
  }
}
