import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A log line has a topic, words and fields; never secrets, query strings or a guest's raw bytes. */
export interface Log {
  info(topic: string, words: string, fields?: LogFields): void;
  warn(topic: string, words: string, fields?: LogFields): void;
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined };

const clean = (text: string): string =>
  // Control characters of hostile text must not reach a terminal or forge a second line.
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').slice(0, 500);

/** One line, without its newline: `time level topic words key=value…`. Pure. */
export function formatLine(
  at: number,
  level: 'info' | 'warn',
  topic: string,
  words: string,
  fields: LogFields = {},
): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => `${key}=${typeof value === 'string' ? JSON.stringify(clean(value)) : String(value)}`,
    );
  return [new Date(at).toISOString(), level, topic, clean(words), ...pairs].join(' ');
}

/** Writes lines to any stream (stderr for a headless host). */
export function streamLog(stream: { write(text: string): unknown }, now: () => number = Date.now): Log {
  const write = (level: 'info' | 'warn') => (topic: string, words: string, fields?: LogFields) => {
    stream.write(`${formatLine(now(), level, topic, words, fields)}\n`);
  };
  return { info: write('info'), warn: write('warn') };
}

/** Appends to `filePath`, keeping one older file once it exceeds `maxBytes`; a failing disk silences it. */
export function fileLog(filePath: string, maxBytes = 4 * 1024 * 1024): Log & { dispose(): Promise<void> } {
  let written = 0;
  let stream: WriteStream | undefined;
  const open = (): WriteStream => {
    try {
      written = statSync(filePath).size;
      if (written > maxBytes) {
        renameSync(filePath, `${filePath}.1`);
        written = 0;
      }
    } catch {
      written = 0;
    }
    const opened = createWriteStream(filePath, { flags: 'a', mode: 0o600 });
    opened.on('error', () => undefined);
    return opened;
  };
  const log = streamLog({
    write(text) {
      if (stream && written > maxBytes) {
        stream.end();
        stream = undefined;
      }
      stream ??= open();
      written += text.length;
      stream.write(text);
    },
  });
  return {
    ...log,
    dispose: () =>
      new Promise((resolve) => {
        if (stream) stream.end(resolve);
        else resolve();
      }),
  };
}
