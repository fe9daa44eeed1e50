import { constants, setPriority } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { connectToParent } from '../../base/parent.ts';
import { GleanerError, toFailure } from '../../contract/failures.ts';
import type { FromWorker } from '../verb-worker.ts';
import type { Web } from '../web/dial.ts';
import { followCatalog, readStatement } from './catalog.ts';
import { readEnrolment } from './enrolment.ts';
import { readLook, readPing } from './look.ts';
import type { Inputs, Request, Verb } from './messages.ts';
import { askNode } from './node-link.ts';

/** The worker `condor`: everything that parses what a pool's catalog or the node in a VM wrote runs here. */

const parent = connectToParent();
const tell = (message: FromWorker): void => {
  parent.send(message);
};

// A guest can make us work; it must not get more of the computer that way than the person's own programs.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Not permitted everywhere; then we run like the others.
}

const web = ({ gatewayPath, authorities }: Omit<Web, 'clock'>): Web => ({
  gatewayPath,
  authorities,
  clock: systemClock,
});

type Node = Inputs['hello'];
const ask = (
  { socketPath, secret }: Node,
  what: string,
  more: object = {},
): Promise<Readonly<Record<string, unknown>>> => askNode(socketPath, { secret, ask: what, ...more });

const verbs: { readonly [V in Verb]: (input: Inputs[V]) => Promise<unknown> } = {
  enrolment: (input) => readEnrolment(web(input), input.url),
  documents: (input) => followCatalog(web(input), input),
  statement: (input) => readStatement(web(input), input),
  hello: async (input) => {
    // Of a history that nobody has: the cheapest thing that can be asked.
    await ask(input, 'look', { history: 2 ** 50 });
    return null;
  },
  start: async ({ config, tokens, ...node }) => {
    await ask(node, 'start', { config, tokens });
    return null;
  },
  configure: async ({ config, ...node }) => {
    await ask(node, 'configure', { config });
    return null;
  },
  look: async ({ history, ...node }) => readLook(await ask(node, 'look', { history })),
  ping: async (node) => readPing(await ask(node, 'ping')),
  frozen: async ({ jobs, ...node }) => {
    await ask(node, 'frozen', { jobs });
    return null;
  },
  stop: async ({ mode, seconds, ...node }) => {
    const { stopped: ended } = await ask(node, 'stop', { mode, seconds });
    if (typeof ended !== 'boolean')
      throw new GleanerError('grid-protocol', 'The execute node’s answer is none.');
    return { ended };
  },
};

async function answer({ id, verb, input }: Request): Promise<void> {
  try {
    // The table's functions and inputs match by verb, which TypeScript cannot follow through a union.
    const perform = verbs[verb] as (input: unknown) => Promise<unknown>;
    tell({ kind: 'answer', id, value: await perform(input) });
  } catch (error) {
    tell({ kind: 'refused', id, failure: toFailure(error) });
  }
}

parent.onMessage((message) => {
  void answer(message as Request);
});
