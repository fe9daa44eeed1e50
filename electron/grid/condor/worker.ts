import type { Clock } from '../../base/clock.ts';
import type { SpawnWorker } from '../../base/worker.ts';
import { VerbWorker } from '../verb-worker.ts';
import { answers, type Inputs } from './messages.ts';

/** The worker `condor` as the host uses it: it reads what a pool's catalog and the node in a VM say. */
export class CondorWorker extends VerbWorker<Inputs, typeof answers> {
  constructor(o: { readonly spawnWorker: SpawnWorker; readonly clock?: Clock }) {
    super({ ...o, name: 'condor', peer: 'HTCondor', answers });
  }
}
