import type { Mutex } from '../../base/mutex.ts';
import { GleanerError } from '../../contract/failures.ts';
import {
  parseAgentStatus,
  parseChecks,
  parseClaim,
  parseHello,
  parseUsage,
  parseWatchLine,
  refusalOf,
} from './answers.ts';
import { collectDisk, fillDisk } from './disks.ts';
import type { Forwards, Reaches } from './forwards.ts';
import { LineReader } from './lines.ts';
import {
  type Answer,
  agentFileBytesMax,
  type Collected,
  GuestAddress,
  type GuestAgent,
  type GuestJob,
  GuestName,
  type Inputs,
  type JobEnd,
  type SessionFiles,
  type Verb,
  type WatchNews,
} from './messages.ts';
import type { ExecOptions, SshSession } from './ssh.ts';
import type { TarRoots } from './tar.ts';

const watchLineBytes = 1024;
const watchLinesPerSecond = 8;
const cpuPeriodUsec = 100_000;
/** The largest `limits.log` of a job document. */
const logBytesMax = 64 * 1024 * 1024;

export interface CtlContext {
  readonly ssh: SshSession;
  readonly files: SessionFiles;
  readonly forwards: Forwards;
  readonly reaches: Reaches;
  /** Each transfer disk holds one archive at a time, from its first byte written to its last byte read. */
  readonly inDisk: Mutex;
  readonly outDisk: Mutex;
  /** Resolves after a second. */
  readonly second: () => Promise<void>;
}

type Verbs = {
  readonly [V in Verb]: (
    context: CtlContext,
    input: Inputs[V],
    news: (news: WatchNews) => void,
  ) => Promise<Answer<V>>;
};

/** What the host can ask, each as the guest's `ctl` commands and transfers that it takes. */
export const verbs: Verbs = {
  hello: async (context) => parseHello(await ctl(context, 'hello')),
  clock: async (context, { epochMs }) => {
    await ctl(context, `clock ${(epochMs / 1000).toFixed(3)}`);
    return null;
  },
  cpu: async (context, { quotaUsec, periodUsec }) => {
    await ctl(context, `share ${cpuWords(quotaUsec, periodUsec)}`);
    return null;
  },
  usage: async (context) => parseUsage(await ctl(context, 'usage')),
  selfCheck: async ({ ssh }) => {
    const result = await ssh.exec('ctl selfcheck');
    // Anything that is not all right exits non-zero, and then still says what.
    if (result.stdout === '') throw refusalOf('selfcheck', result);
    const checks = parseChecks(result.stdout);
    const allOk = checks.every((check) => check.ok);
    return allOk && result.code !== 0
      ? [...checks, { name: 'selfcheck', ok: false, detail: 'ended early' }]
      : checks;
  },
  startJob: async (context, job) => {
    await context.inDisk.run(async () => {
      const inputBytes = await fillDisk(context.files.inDiskPath, job.inputTarPath);
      const network = job.network ? ['network'] : [];
      const lines = [`input ${inputBytes}`, ...network, ...workloadLines(job)];
      await ctl(context, `job-start ${named(job.id)}`, lines);
    });
    return null;
  },
  watchJob: (context, { id }, news) => watch(context, named(id), news),
  checkpointJob: (context, { id, toPath, maxBytes }) =>
    collect(context, `job-checkpoint ${named(id)}`, toPath, { checkpoint: { kind: 'folder', maxBytes } }),
  collectJob: async (context, { id, toPath, maxBytes }) => {
    const collected = await collect(context, `job-collect ${named(id)}`, toPath, {
      out: { kind: 'folder', maxBytes },
      stdout: { kind: 'file', maxBytes: logBytesMax },
      stderr: { kind: 'file', maxBytes: logBytesMax },
    });
    if (!collected) throw new GleanerError('guest-protocol', 'The virtual machine has no result of the job.');
    return collected;
  },
  killJob: async (context, { id }) => {
    await ctl(context, `job-kill ${named(id)}`);
    return null;
  },
  cleanJob: async (context, { id }) => {
    await ctl(context, `job-clean ${named(id)}`);
    return null;
  },
  startAgent: async (context, agent) => {
    await ctl(context, `agent-start ${named(agent.name)}`, [
      ...agent.capabilities.map((name) => `cap ${name}`),
      `uid ${agent.uid}`,
      `gid ${agent.gid}`,
      ...addressLines(agent.addresses ?? []),
      ...(agent.privateTmp ? ['private-tmp'] : []),
      ...(agent.data ? ['data'] : []),
      ...fileLines(agent.files),
      ...workloadLines(agent),
    ]);
    return null;
  },
  stopAgent: async (context, { name, graceSeconds }) => {
    await ctl(context, `agent-stop ${named(name)} ${Math.ceil(graceSeconds)}`);
    return null;
  },
  agentStatus: async (context, { name }) =>
    parseAgentStatus(await ctl(context, `agent-status ${named(name)}`)),
  forward: async ({ ssh, forwards }, { bindAddress, port, toSocketPath }) => {
    await ssh.forward(bindAddress, port, forwards.acceptInto(toSocketPath));
    return null;
  },
  reach: async ({ ssh, reaches }, { port, socketPath }) => {
    await reaches.listen(socketPath, () => ssh.reach('127.0.0.1', port));
    return null;
  },
  powerOff: async (context) => {
    await ctl(context, 'off');
    return null;
  },
};

async function ctl({ ssh }: CtlContext, command: string, lines?: readonly string[]): Promise<string> {
  const stdin = lines && `${lines.join('\n')}\n`;
  const result = await ssh.exec(`ctl ${command}`, { stdin } satisfies ExecOptions);
  if (result.code !== 0) throw refusalOf(command.split(' ', 1)[0] ?? '', result);
  return result.stdout;
}

/** A name reaches the guest as a word of a shell command, so it is checked here too. */
function named(name: string): string {
  return GuestName.parse(name);
}

function cpuWords(quotaUsec: number | 'max', periodUsec: number): string {
  return `${quotaUsec === 'max' ? 'max' : Math.round(quotaUsec)} ${Math.round(periodUsec)}`;
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');

function addressLines(addresses: readonly string[]): string[] {
  const sound =
    addresses.length <= 32 && addresses.every((address) => GuestAddress.safeParse(address).success);
  if (!sound) throw new GleanerError('bad-request', 'An agent asks for addresses that it cannot have.');
  return addresses.map((address) => `address ${address}`);
}

function fileLines(files: GuestAgent['files']): string[] {
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > agentFileBytesMax) {
    throw new GleanerError('bad-request', `The files of an agent are too large (${bytes} bytes).`);
  }
  return files.map(({ path, content, mode }) => {
    return `file ${encoded(path)} ${encoded(content)} ${mode.toString(8).padStart(3, '0')}`;
  });
}

function workloadLines(work: Omit<GuestJob, 'id' | 'inputTarPath'> | GuestAgent): string[] {
  return [
    ...work.argv.map((word) => `arg ${encoded(word)}`),
    ...Object.entries(work.env).map(([name, value]) => `env ${encoded(`${name}=${value}`)}`),
    `memory ${work.memoryBytes}`,
    `pids ${work.processes}`,
    `cpu ${cpuWords(work.vcpus * cpuPeriodUsec, cpuPeriodUsec)}`,
    `stdout ${work.logBytes}`,
    'end',
  ];
}

function collect(
  context: CtlContext,
  command: string,
  toPath: string,
  roots: TarRoots,
): Promise<Collected | null> {
  return context.outDisk.run(async () => {
    const claim = parseClaim(await ctl(context, command));
    if (!claim) return null;
    const { bytes, digest } = await collectDisk(context.files.outDiskPath, claim, toPath, roots);
    return { bytes, digest, frozenMs: claim.frozenMs };
  });
}

/**
 * Follows a job to its end. News go out at most once a second, the latest values only; a guest that writes
 * faster than a watch needs is read slowly, so that its own window fills up.
 */
async function watch(
  { ssh, second }: CtlContext,
  id: string,
  tell: (news: WatchNews) => void,
): Promise<JobEnd> {
  const reader = new LineReader(
    watchLineBytes,
    () => new GleanerError('guest-protocol', 'The virtual machine writes endless lines about a job.'),
  );
  const truncated = new Set<'stdout' | 'stderr'>();
  let end: ReturnType<typeof parseWatchLine> | undefined;
  let allowance = watchLinesPerSecond;
  let news: WatchNews | undefined;
  let resting: Promise<void> | undefined;

  const rest = (): Promise<void> => {
    resting ??= second().then(() => {
      resting = undefined;
      allowance = watchLinesPerSecond;
      if (news) say();
    });
    return resting;
  };
  const say = (): void => {
    const latest = news;
    news = undefined;
    if (!latest) return;
    tell(latest);
    void rest();
  };
  const result = await ssh.exec(`ctl job-watch ${id}`, {
    async onOutput(chunk) {
      for (const line of reader.feed(chunk)) {
        if (end)
          throw new GleanerError('guest-protocol', 'The virtual machine tells more of a job after its end.');
        const parsed = parseWatchLine(line);
        if (parsed.kind === 'end') end = parsed;
        else if (parsed.kind === 'truncated') truncated.add(parsed.stream);
        else news = { ...news, ...parsed.news };
        if (!resting) say();
        allowance -= 1;
        while (!end && allowance < 0) await rest();
      }
    },
  });
  say();
  if (end?.kind === 'end') return end.end([...truncated]);
  if (result.code !== 0) throw refusalOf('job-watch', result);
  // The guest ends a watch when it believes that the session is gone.
  throw new GleanerError('session-lost', 'The virtual machine stopped telling about the job.');
}
