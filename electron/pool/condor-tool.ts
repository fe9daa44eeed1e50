import { spawn } from 'node:child_process';
import { GleanerError } from '../contract/failures.ts';

/** What a tool of HTCondor said. */
export interface ToolAnswer {
  readonly stdout: string;
  /** At most 4 KiB of it. */
  readonly stderr: string;
  readonly code: number;
}

export interface ToolCall {
  readonly args: readonly string[];
  /** In bytes; more ends the tool. */
  readonly outputMax?: number;
  /** In ms. */
  readonly limitMs?: number;
}

const usualOutputMax = 1024 * 1024;
const usualLimitMs = 60_000;
const stderrMax = 4096;

/**
 * Runs one of HTCondor's tools to its end, without a shell and without input.
 * @throws GleanerError `platform-not-ready` when there is none, `grid-unreachable` when it does not end, `grid-protocol`
 * when it says too much
 */
export async function runTool(
  name: string,
  { args, outputMax = usualOutputMax, limitMs = usualLimitMs }: ToolCall,
): Promise<ToolAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let ended: 'late' | 'long' | undefined;
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (why: 'late' | 'long'): void => {
    ended ??= why;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(end, limitMs, 'late');
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputMax) end('long');
    else chunks.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, stderrMax);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => {
        resolve(status ?? 1);
      });
    });
    if (ended === 'late')
      throw new GleanerError('grid-unreachable', `${name} did not end within ${limitMs / 1000} s.`);
    if (ended === 'long') throw new GleanerError('grid-protocol', `${name} said more than can be right.`);
    return { stdout: Buffer.concat(chunks).toString('utf8'), stderr, code };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) {
      throw new GleanerError(
        'platform-not-ready',
        `There is no ${name} here that can be run.`,
        'Run this on a machine of the pool: it comes with the package "htcondor".',
        { cause: error },
      );
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** As {@link runTool}, for a tool whose failure is ours. @throws GleanerError `grid-refused` with what it said */
export async function needTool(name: string, call: ToolCall, hint?: string): Promise<string> {
  const { stdout, stderr, code } = await runTool(name, call);
  if (code === 0) return stdout;
  throw new GleanerError(
    'grid-refused',
    `${name} failed: ${lastWords(stderr === '' ? stdout : stderr)}`,
    hint,
  );
}

/** The last line that says something, for a sentence. */
export function lastWords(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, 300) ?? 'it gave no reason.';
}
