export interface TaskOptions {
  /** CPU time that it uses. Default: 5. */
  readonly cpuSeconds?: number;
  /** With its CPU time used it computes on, until {@link StandInTask.told}: no test has to catch it in time. */
  readonly untilTold?: boolean;
  /** CPU time between checkpoints. Default: 2. */
  readonly checkpointSeconds?: number;
  /** Size of its input file at least. */
  readonly inputBytes?: number;
  /** What its output file has beside its result. */
  readonly outputBytes?: number;
  /** It ends with this exit code after half a second. */
  readonly failWith?: number;
  /** In the middle it goes on without computing anything: the first time it comes there, or every time. */
  readonly hang?: 'once' | 'always';
  /** Lines of sh to run instead of computing, as hostile as you like; what they print is the output. */
  readonly script?: string;
  /** From now. Default: a day. */
  readonly deadlineSeconds?: number;
  /** What a valid result earns. Default: 5. */
  readonly credit?: number;
  /** Address that its input file is to be had from (a URL's beginning), where not from the project's own place. */
  readonly inputFrom?: string;
}

/** What became of a task: `valid` earns its credit; `invalid` was reported with an output that is wrong or missing. */
export type Verdict = 'valid' | 'invalid' | 'failed' | 'aborted';

/** One task of the stand-in, and what is known of it. */
export interface StandInTask {
  readonly name: string;
  readonly seed: number;
  readonly options: TaskOptions;
  readonly input: Buffer;
  /** Set once it was sent. */
  hostId: number | null;
  /** That it may end; it hears of it at a contact of its client's. */
  told: boolean;
  verdict: Verdict | null;
  /** As the client reported it. */
  exitStatus: number | null;
  cpuSeconds: number | null;
  stderr: string;
  /** As far as it was uploaded. */
  output: Buffer | null;
  /** Where in the output each upload began. */
  readonly uploadedFrom: number[];
  /** null: not yet. */
  granted: number | null;
}

/** What a computing task's output says. */
export interface TaskResult {
  readonly count: number;
  /** How far it had come at each start of its program: more than one means that it was started anew. */
  readonly starts: readonly number[];
  readonly cpuSeconds: number;
}

export function makeTask(number: number, options: TaskOptions): StandInTask {
  const seed = 1000 + number;
  return {
    name: `count_${number}`,
    seed,
    options,
    input: inputOf(seed, options),
    hostId: null,
    told: false,
    verdict: null,
    exitStatus: null,
    cpuSeconds: null,
    stderr: '',
    output: null,
    uploadedFrom: [],
    granted: null,
  };
}

/** What `application.sh` reads. */
function inputOf(seed: number, o: TaskOptions): Buffer {
  const hundredths = (seconds: number): string => String(Math.round(seconds * 100));
  const lines = [
    `seed ${seed}`,
    `cpu ${hundredths(o.cpuSeconds ?? 5)}`,
    `checkpoint ${hundredths(o.checkpointSeconds ?? 2)}`,
    `output ${o.outputBytes ?? 0}`,
    ...(o.untilTold === true ? ['untold yes'] : []),
    ...(o.failWith === undefined ? [] : [`fail ${o.failWith}`]),
    ...(o.hang === undefined ? [] : [`hang ${o.hang}`]),
    ...(o.script === undefined ? [] : ['script yes']),
    'end',
    o.script ?? '',
  ];
  const text = Buffer.from(lines.join('\n'));
  return Buffer.concat([text, Buffer.alloc(Math.max(0, (o.inputBytes ?? 0) - text.length), '\n')]);
}

/** What the output of a computing task says, when that is right: the same number of steps from the same seed. */
export function resultOf(task: StandInTask): TaskResult | undefined {
  const text = task.output?.toString('latin1') ?? '';
  const match =
    /^seed (\d+)\ncount (\d+)\nstate (\d+)\ncpu (\d+)\nstarts((?: \d+)+)\nend\n(x*)$/.exec(text) ?? undefined;
  if (!match) return undefined;
  const [, seed, count, state, cpu, starts = '', more = ''] = match;
  const right =
    Number(seed) === task.seed &&
    Number(state) === generated(task.seed, Number(count)) &&
    Number(cpu) >= Math.round((task.options.cpuSeconds ?? 5) * 100) &&
    more.length === (task.options.outputBytes ?? 0);
  if (!right) return undefined;
  return {
    count: Number(count),
    starts: starts.trim().split(' ').map(Number),
    cpuSeconds: Number(cpu) / 100,
  };
}

/** The value after `count` steps of x → 69069 x + 1 (mod 2³²), by repeated squaring of the step. */
function generated(seed: number, count: number): number {
  let [factor, term] = [69069, 1];
  let value = seed >>> 0;
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) value = (Math.imul(value, factor) + term) >>> 0;
    [factor, term] = [Math.imul(factor, factor), (Math.imul(factor, term) + term) >>> 0];
  }
  return value;
}

/** The project's judgement of a reported task. `state` is one of BOINC's RESULT_* (common_defs.h). */
export function judge(task: StandInTask, state: number): Verdict {
  const [computeError, aborted] = [3, 6];
  if (state === aborted) return 'aborted';
  if (state === computeError || task.exitStatus !== 0) return 'failed';
  if (task.options.script !== undefined) return task.output === null ? 'invalid' : 'valid';
  return resultOf(task) === undefined ? 'invalid' : 'valid';
}
