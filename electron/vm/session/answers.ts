import { type FailureCode, GleanerError } from '../../contract/failures.ts';
import type { Claim } from './disks.ts';
import type { AgentStatus, GuestCheck, GuestHello, GuestUsage, JobEnd, WatchNews } from './messages.ts';
import type { ExecResult } from './ssh.ts';
import { cleanText } from './text.ts';

/** Parsers of what `ctl` prints (protocol version 1). Pure; each throws `guest-protocol` on anything unexpected. */

const unexpected = (what: string): GleanerError =>
  new GleanerError('guest-protocol', `The virtual machine gave an answer that makes no sense: ${what}.`);

function integer(text: string | undefined, what: string, max = Number.MAX_SAFE_INTEGER): number {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw unexpected(what);
  return value;
}

/** Lines of `key value…` as a map; a key that comes twice is refused. */
function fields(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [key = ''] = line.split(' ', 1);
    if (found.has(key) || found.size >= 16) throw unexpected('it repeats itself');
    found.set(key, line.slice(key.length + 1));
  }
  return found;
}

export function parseHello(text: string): GuestHello {
  const answer = fields(text);
  const protocol = answer.get('protocol');
  if (protocol !== '1') throw unexpected('it does not speak version 1 of the protocol');
  const uptime = answer.get('uptime') ?? '';
  if (!/^\d{1,10}(\.\d{1,9})?$/.test(uptime)) throw unexpected('its uptime');
  return { protocol: 1, kernel: cleanText(answer.get('kernel') ?? '', 100), uptimeSeconds: Number(uptime) };
}

export function parseUsage(text: string): GuestUsage {
  const answer = fields(text);
  return {
    cpuSeconds: integer(answer.get('cpu_usec'), 'its CPU time') / 1e6,
    memoryBytes: integer(answer.get('mem_bytes'), 'its memory'),
  };
}

export function parseChecks(text: string): GuestCheck[] {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines.length === 0 || lines.length > 64) throw unexpected('its self-check');
  return lines.map((line) => {
    const match = /^(ok|bad) (\S{1,100})(?: (.*))?$/.exec(line);
    if (!match) throw unexpected('its self-check');
    return {
      name: cleanText(match[2] ?? '', 100),
      ok: match[1] === 'ok',
      detail: cleanText(match[3] ?? '', 500),
    };
  });
}

/** The answer of job-checkpoint and job-collect; null for `none`. */
export function parseClaim(text: string): (Claim & { frozenMs: number }) | null {
  if (text.trim() === 'none') return null;
  const answer = fields(text);
  const sha256 = answer.get('sha256') ?? '';
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw unexpected('the digest of an archive');
  const frozen = answer.get('frozen_usec') ?? '0';
  return {
    bytes: integer(answer.get('bytes'), 'the size of an archive'),
    sha256,
    frozenMs: integer(frozen, 'how long the job stood still', 1e12) / 1000,
  };
}

export function parseAgentStatus(text: string): AgentStatus {
  const answer = fields(text);
  if (answer.has('running')) return { running: true, words: '' };
  const end = answer.get('end');
  if (end === undefined) throw unexpected('the state of an agent');
  const said = Buffer.from(answer.get('said') ?? '', 'base64').toString('utf8');
  return { running: false, words: cleanText(said === '' ? end : `${end}: ${said}`, 200) };
}

export type WatchLine =
  | { readonly kind: 'news'; readonly news: WatchNews }
  | { readonly kind: 'truncated'; readonly stream: 'stdout' | 'stderr' }
  | { readonly kind: 'end'; readonly end: (truncated: readonly ('stdout' | 'stderr')[]) => JobEnd };

export function parseWatchLine(line: string): WatchLine {
  const [verb, first, second = '', ...more] = line.split(' ');
  if (more.length === 0) {
    switch (verb) {
      case 'progress':
        return { kind: 'news', news: { progress: parseProgress(first, second) } };
      case 'usage':
        return {
          kind: 'news',
          news: {
            usage: {
              cpuSeconds: integer(first, 'CPU time') / 1e6,
              memoryPeakBytes: integer(second, 'memory'),
            },
          },
        };
      case 'truncated':
        if (first === 'stdout' || first === 'stderr') return { kind: 'truncated', stream: first };
        break;
      case 'end':
        return { kind: 'end', end: parseEnd(first, second) };
      default:
    }
  }
  throw unexpected('what it tells of a job');
}

function parseProgress(fraction = '', text: string): { fraction: number; text: string } {
  // At most 200 bytes, hence 268 characters of base64.
  const sound =
    /^(?:0|1|0\.\d{1,20}|1\.0{1,20})$/.test(fraction) && /^[A-Za-z0-9+/]{0,268}={0,2}$/.test(text);
  if (!sound) throw unexpected('the progress of a job');
  return { fraction: Number(fraction), text: cleanText(Buffer.from(text, 'base64').toString('utf8'), 200) };
}

function parseEnd(kind = '', number: string): (truncated: readonly ('stdout' | 'stderr')[]) => JobEnd {
  switch (kind) {
    case 'exit': {
      const code = integer(number, 'an exit code', 255);
      return (truncated) => ({ kind: 'exit', code, truncated });
    }
    case 'signal': {
      const signal = integer(number, 'a signal', 64);
      if (signal === 0) throw unexpected('a signal');
      return (truncated) => ({ kind: 'signal', signal, truncated });
    }
    case 'oom':
      return (truncated) => ({ kind: 'oom', truncated });
    case 'killed':
      return (truncated) => ({ kind: 'killed', truncated });
    default:
      throw unexpected('how a job ended');
  }
}

/** What the guest's own refusals mean to the host; the others say that host and guest disagree. */
const refusals: Readonly<Record<string, readonly [FailureCode, string]>> = {
  'launch-failed': ['launch-failed', 'The workload could not be started'],
  busy: ['wrong-phase', 'The virtual machine is busy'],
  'data-unusable': ['data-unusable', 'The data disk cannot be used'],
  'not-ended': ['wrong-phase', 'The job has not ended'],
  'unknown-job': ['not-found', 'The virtual machine does not know this job'],
  'unknown-agent': ['not-found', 'The virtual machine does not know this agent'],
  'output-too-large': ['archive-too-large', 'The archive from the virtual machine is too large'],
};

/** The failure behind a `ctl` that did not exit with 0. */
export function refusalOf(verb: string, { code, stderr }: ExecResult): GleanerError {
  const match = /^([a-z][a-z-]{0,39}): (.*)/.exec(stderr);
  const known =
    match?.[1] !== undefined && Object.hasOwn(refusals, match[1]) ? refusals[match[1]] : undefined;
  if (known && match) return new GleanerError(known[0], `${known[1]}: ${cleanText(match[2] ?? '', 200)}.`);
  const words = cleanText(stderr, 200) || `it ended with code ${code ?? 'none'}`;
  return new GleanerError('guest-protocol', `The virtual machine failed at "${verb}": ${words}.`);
}
