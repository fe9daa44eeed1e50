/** Bounds of one gateway. Times in ms end what hangs, and judge no speed. */
export interface GatewayLimits {
  /** Connections of the guest at a time; more are told so and closed. */
  readonly connections: number;
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
  /** For the system, or a script of the network's, to say which proxy to use. */
  readonly proxyAnswerMs: number;
}

export const defaultLimits: GatewayLimits = {
  connections: 64,
  lookups: 16,
  requestHeaderBytes: 16 * 1024,
  answerHeaderBytes: 32 * 1024,
  headerMs: 20_000,
  lookupMs: 10_000,
  attemptMs: 10_000,
  connectMs: 30_000,
  idleMs: 180_000,
  proxyAnswerMs: 15_000,
};
