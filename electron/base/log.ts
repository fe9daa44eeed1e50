import { createWriteStream, openSync, renameSync, statSync, type WriteStream } from 'node:fs';

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
  return logLine(at, level, topic, [clean(words), ...pairs].join(' '));
}

/** The line again of its parts, as they are. Pure. */
export function logLine(at: number, level: 'info' | 'warn', topic: string, text: string): string {
  return [new Date(at).toISOString(), level, topic, text].join(' ');
}

/** Writes lines to any stream (stderr for a headless host). */
export function streamLog(stream: { write(text: string): unknown }, now: () => number = Date.now): Log {
  const write = (level: 'info' | 'warn') => (topic: string, words: string, fields?: LogFields) => {
    stream.write(`${formatLine(now(), level, topic, words, fields)}\n`);
  };
  return { info: write('info'), warn: write('warn') };
}

/** A log that writes each line to both. */
export function bothLogs(one: Log, other: Log): Log {
  return {
    info: (...line) => {
      one.info(...line);
      other.info(...line);
    },
    warn: (...line) => {
      one.warn(...line);
      other.warn(...line);
    },
  };
}

/** The older file of a log that lies at `filePath`. Pure. */
export function olderLogPath(filePath: string): string {
  return `${filePath}.1`;
}

/**
 * Appends to `filePath`, 0600, and keeps one older file: each exceeds `maxBytes` by one line at most. A failing disk
 * silences it.
 */
export function fileLog(filePath: string, maxBytes = 2 * 1024 * 1024): Log & { dispose(): Promise<void> } {
  let written = 0;
  let stream: WriteStream | undefined;
  const open = (): WriteStream | undefined => {
    try {
      const found = statSync(filePath, { throwIfNoEntry: false });
      // The end of what was written may not have arrived yet.
      const full = Math.max(written, found?.size ?? 0) > maxBytes;
      written = full ? 0 : (found?.size ?? 0);
      if (full && found) renameSync(filePath, olderLogPath(filePath));
      // At once, so that what is written to it is this file's, whatever it is called later.
      const opened = createWriteStream(filePath, { fd: openSync(filePath, 'a', 0o600) });
      opened.on('error', () => undefined);
      return opened;
    } catch {
      // Tried again with the next line.
      return undefined;
    }
  };
  const log = streamLog({
    write(text) {
      if (stream && written > maxBytes) {
        stream.end();
        stream = undefined;
      }
      stream ??= open();
      written += Buffer.byteLength(text);
      stream?.write(text);
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
