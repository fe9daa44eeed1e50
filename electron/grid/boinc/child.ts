import { systemClock } from '../../base/clock.ts';
import { GleanerError, toFailure } from '../../contract/failures.ts';
import { serveVerbs } from '../serve-verbs.ts';
import type { Web } from '../web/dial.ts';
import type { Inputs } from './messages.ts';
import { RpcClient } from './rpc-client.ts';
import { RpcVerbs } from './rpc-verbs.ts';
import { signIn } from './web-account.ts';
import { lookUp } from './web-lookup.ts';
import { syncManager } from './web-manager.ts';

/**
 * The worker `boinc`: everything that parses what a project, an account manager or a BOINC client wrote runs
 * here, away from the host's own process. It keeps one connection to one client at most.
 */

let connection: { readonly rpc: RpcClient; readonly verbs: RpcVerbs } | undefined;
let openings = 0;

async function open(input: Inputs['open']): Promise<{ version: string }> {
  openings += 1;
  const opening = openings;
  connection?.rpc.end();
  connection = undefined;
  const { rpc, version } = await RpcClient.open(input);
  if (opening !== openings) {
    rpc.end();
    throw new GleanerError('agent-failed', 'Another connection to the BOINC client was asked for meanwhile.');
  }
  const opened = { rpc, verbs: new RpcVerbs(rpc, systemClock) };
  connection = opened;
  rpc.onLost((failure) => {
    if (connection !== opened) return;
    connection = undefined;
    lost(toFailure(failure));
  });
  return { version };
}

function client(): RpcVerbs {
  if (connection) return connection.verbs;
  throw new GleanerError('agent-failed', 'There is no connection to the BOINC client.');
}

const web = ({ gatewayPath, authorities }: Omit<Web, 'clock'>): Web => ({
  gatewayPath,
  authorities,
  clock: systemClock,
});

const lost = serveVerbs<Inputs>({
  lookup: (input) => lookUp(web(input), input.url),
  signIn: (input) => signIn(web(input), input.facts, input.account),
  syncManager: (input) => syncManager(web(input), input),
  open,
  look: (input) => client().look(input),
  attach: (input) => client().attach(input),
  detach: (input) => client().detach(input),
  update: (input) => client().update(input),
  setProject: (input) => client().setProject(input),
  abortTask: (input) => client().abortTask(input),
  runMode: (input) => client().runMode(input),
  networkMode: (input) => client().networkMode(input),
  setPreferences: (input) => client().setPreferences(input),
  quit: () => client().quit(),
});
