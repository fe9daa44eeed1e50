import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from 'tar-stream';
import { afterEach, beforeEach } from 'vitest';
import { type Io, styleFor } from '../../electron/cli/io.ts';

const script = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url));

/** A folder of each test's own. */
export function useFolder(): () => string {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gleaner-cli-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });
  return () => dir;
}

/**
 * An Io that keeps what is written, and whose signals a test sends. `stdin` is what comes from a pipe; with `answers`
 * somebody sits there who gives them one by one.
 */
export function memoryIo({ stdin = '', answers }: { stdin?: string; answers?: string[] } = {}): Io & {
  /** What was asked; hidden questions end with an asterisk. */
  readonly questions: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  signal(): void;
  clean(): void;
} {
  const listeners = new Set<() => void>();
  const cleanUps = new Set<() => void>();
  const questions: string[] = [];
  const left = [...(answers ?? [])];
  let stdout = '';
  let stderr = '';
  return {
    questions,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    out: async (text) => {
      // One write may begin before the one before it has ended.
      await Promise.resolve();
      stdout += Buffer.from(text).toString();
    },
    err: (text) => {
      stderr += text;
    },
    outIsTerminal: false,
    canAsk: answers !== undefined,
    ask: async (question, hidden) => {
      questions.push(`${question}${hidden ? '*' : ''}`);
      return await Promise.resolve(left.shift() ?? null);
    },
    readIn: async () => await Promise.resolve(stdin),
    style: styleFor(false, {}),
    now: () => 0,
    onSignal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onExit: (cleanUp) => {
      cleanUps.add(cleanUp);
      return () => cleanUps.delete(cleanUp);
    },
    signal: () => {
      for (const listener of listeners) listener();
    },
    clean: () => {
      for (const cleanUp of cleanUps) cleanUp();
    },
  };
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** Resolves when stdout holds these words. */
  readonly said: (words: string) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Closes our end of its stdout. */
  readonly leave: () => void;
}

/** Starts the real command in a process of its own. */
export function start(home: string, argv: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [script, ...argv], {
    env: { PATH: process.env['PATH'] ?? '', HOME: home, GLEANER_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting: { words: string; resolve: () => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const { words, resolve } of waiting) if (stdout.includes(words)) resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    ended: new Promise((resolve) => {
      child.once('close', (code) => {
        resolve({ code, stdout, stderr });
      });
    }),
    said: async (words) => {
      await new Promise<void>((resolve) => {
        waiting.push({ words, resolve });
        if (stdout.includes(words)) resolve();
      });
    },
    kill: (signal) => {
      child.kill(signal);
    },
    leave: () => {
      child.stdout.destroy();
    },
  };
}

export interface HostileEntry {
  readonly name: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character-device';
  readonly linkname?: string;
  readonly content?: string;
}

/** A tar with whatever entries a test wants, bad ones too. */
export async function* tarOf(entries: readonly HostileEntry[]): AsyncGenerator<Uint8Array> {
  const packer = pack();
  for (const { name, type = 'file', linkname, content = '' } of entries) {
    packer.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, content);
  }
  packer.finalize();
  for await (const chunk of packer) yield chunk as Uint8Array;
}
