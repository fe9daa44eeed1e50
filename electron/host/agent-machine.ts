import { GleanerError } from '../contract/index.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { type GatewayWorld, guestSocketPath } from './grid-gateway.ts';
import type { GridVm } from './grid-vm.ts';

export interface AgentSeat {
  readonly session: GuestSession;
  /** The grid's id, and its agent's name in the guest. */
  readonly id: string;
  readonly agent: string;
  readonly vm: GridVm;
  readonly paths: GatewayWorld['paths'];
}

/** What a grid's agent has in one session with its VM, whatever the grid. */
export interface AgentBase {
  readonly agentStatus: () => Promise<{ running: boolean; words: string }>;
  readonly stopAgent: (graceSeconds: number) => Promise<void>;
  readonly reach: (port: number) => Promise<string>;
  /** Lets the guest's `bindAddress:port` lead to a socket of the host, once for as long as the session lives. */
  readonly forward: (to: {
    readonly bindAddress: string;
    readonly port: number;
    readonly toSocketPath: string;
  }) => Promise<void>;
  readonly frozenMs: () => number;
  readonly facts: () => { accelerator: string; applianceDigest: string };
}

/** See {@link AgentBase}: what was opened stays open, and what could not be is opened anew when it is asked for. */
export function agentBase({ session, id, agent, vm, paths }: AgentSeat): AgentBase {
  const opened = new Map<string, Promise<void>>();
  const once = (key: string, open: () => Promise<void>): Promise<void> => {
    const before = opened.get(key);
    if (before) return before;
    const opening = open();
    opened.set(key, opening);
    opening.catch(() => opened.delete(key));
    return opening;
  };
  return {
    agentStatus: () => session.agentStatus(agent).catch(neverStarted),
    stopAgent: (graceSeconds) => session.stopAgent(agent, graceSeconds),
    reach: async (port) => {
      const socketPath = guestSocketPath(paths, id, String(port));
      await once(`reach ${port}`, () => session.reach({ port, socketPath }));
      return socketPath;
    },
    forward: (to) => once(`forward ${to.bindAddress}:${to.port}`, () => session.forward(to)),
    frozenMs: () => vm.vm.status().frozenMsTotal,
    facts: () => vm.facts(),
  };
}

/** A guest that was just booted knows no agent yet. */
function neverStarted(error: unknown): { running: boolean; words: string } {
  if (error instanceof GleanerError && error.code === 'not-found') return { running: false, words: '' };
  throw error;
}
