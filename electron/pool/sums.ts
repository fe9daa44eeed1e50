import type { Charge, Micro } from '../contract/pool-charge.ts';
import type { Execution } from './execution.ts';

/** What some executions come to. Exact: of whole numbers, however they are put together. */
export interface Sum {
  readonly executions: number;
  readonly late: number;
  readonly handedBack: number;
  readonly lost: number;
  /** Thousandths of a core times ms, from start to end. */
  readonly coreTime: bigint;
  /** MiB times ms. */
  readonly memoryTime: bigint;
  /** Thousandths of a core times ms, in which it stood frozen: not paid. */
  readonly frozenTime: bigint;
  /** Thousandths of a core times ms of what was lost: not paid. */
  readonly lostTime: bigint;
  readonly cpuMs: bigint;
  readonly amount: Micro;
}

export const nothing: Sum = {
  executions: 0,
  late: 0,
  handedBack: 0,
  lost: 0,
  coreTime: 0n,
  memoryTime: 0n,
  frozenTime: 0n,
  lostTime: 0n,
  cpuMs: 0n,
  amount: 0n,
};

export function sumOf(execution: Execution, { amount, late }: Charge): Sum {
  const cores = BigInt(execution.milliCores);
  const ms = BigInt(execution.endedAt - execution.startedAt);
  return {
    executions: 1,
    late: late ? 1 : 0,
    handedBack: execution.end === 'handed-back' ? 1 : 0,
    lost: execution.end === 'lost' ? 1 : 0,
    coreTime: cores * ms,
    memoryTime: BigInt(execution.memoryMib) * ms,
    frozenTime: cores * BigInt(execution.frozenMs),
    lostTime: execution.end === 'lost' ? cores * ms : 0n,
    cpuMs: BigInt(execution.cpuMs),
    amount,
  };
}

export function add(a: Sum, b: Sum): Sum {
  return {
    executions: a.executions + b.executions,
    late: a.late + b.late,
    handedBack: a.handedBack + b.handedBack,
    lost: a.lost + b.lost,
    coreTime: a.coreTime + b.coreTime,
    memoryTime: a.memoryTime + b.memoryTime,
    frozenTime: a.frozenTime + b.frozenTime,
    lostTime: a.lostTime + b.lostTime,
    cpuMs: a.cpuMs + b.cpuMs,
    amount: a.amount + b.amount,
  };
}

/** Sums by a key. */
export class Sums {
  readonly #byKey = new Map<string, Sum>();

  add(key: string, sum: Sum): void {
    this.#byKey.set(key, add(this.#byKey.get(key) ?? nothing, sum));
  }

  get(key: string): Sum | undefined {
    return this.#byKey.get(key);
  }

  /** The largest amount first, then by name. */
  sorted(): [key: string, sum: Sum][] {
    return [...this.#byKey].sort(([a, { amount: x }], [b, { amount: y }]) =>
      x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1,
    );
  }

  keys(): IterableIterator<string> {
    return this.#byKey.keys();
  }
}
