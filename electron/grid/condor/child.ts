import { systemClock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';
import { serveVerbs } from '../serve-verbs.ts';
import type { Web } from '../web/dial.ts';
import { followCatalog, readStatement } from './catalog.ts';
import { readEnrolment } from './enrolment.ts';
import { readLook, readPing } from './look.ts';
import type { Inputs } from './messages.ts';
import { askNode } from './node-link.ts';

/** The worker `condor`: everything that parses what a pool's catalog or the node in a VM wrote runs here. */

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

serveVerbs<Inputs>({
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
});
