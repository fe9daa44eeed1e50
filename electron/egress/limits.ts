/** Bounds of one gateway. Times in ms end what hangs, and judge no speed. */
export interface GatewayLimits {
  /** Connections of the guest at a time; more are told so and closed. */
  readonly connections: number;
  /** Connections of all forwards together, besides those; more are closed. */
  readonly forwardConnections: number;
  /** Names that are being looked up at a time. */
  readonly lookups: number;
  /** All header lines of a request together, in bytes; of an answer. */
  readonly requestHeaderBytes: number;
  readonly answerHeaderBytes: number;
  /** For a request to come in whole up to its body, also the next on a connection. */
  readonly headerMs: number;
  readonly lookupMs: number;
  /** To one address, and to all that a name has. */
  readonly attemptMs: number;
  readonly connectMs: number;
  /** Without a byte passing in either direction, also while an answer is waited for. */
  readonly idleMs: number;
  /**
   * Without a byte passing on a connection to the outside, before the system asks whether its other end is still there.
   * Ten questions a second apart without an answer end it (libuv's, not to be chosen), so this is the shortest
   * cut of the network that can end a connection which nobody uses meanwhile; firewalls forget those after some minutes.
   */
  readonly keepAliveMs: number;
  /** For the system, or a script of the network's, to say which proxy to use. */
  readonly proxyAnswerMs: number;
}

export const defaultLimits: GatewayLimits = {
  connections: 64,
  forwardConnections: 256,
  lookups: 16,
  requestHeaderBytes: 16 * 1024,
  answerHeaderBytes: 32 * 1024,
  headerMs: 20_000,
  lookupMs: 10_000,
  attemptMs: 10_000,
  connectMs: 30_000,
  idleMs: 180_000,
  keepAliveMs: 200_000,
  proxyAnswerMs: 15_000,
};
