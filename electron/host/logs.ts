import { type FileHandle, open } from 'node:fs/promises';
import { olderLogPath } from '../base/log.ts';
import { LogLevel, type LogLine, type LogQuery } from '../contract/index.ts';

/** More than a log file ever has, in bytes; of a longer one only its end is read. */
const readBytesMax = 4 * 1024 * 1024;
const lineWords = /^(\S+) (\S+) (\S+) (.*)$/;

/** A line as `formatLine` writes it; null for anything else. Pure. */
export function parseLogLine(line: string): LogLine | null {
  const [, time = '', levelWord, topic = '', text = ''] = lineWords.exec(line) ?? [];
  const at = Date.parse(time);
  const level = LogLevel.safeParse(levelWord);
  return Number.isNaN(at) || !level.success ? null : { at, level: level.data, topic, text };
}

/** The newest lines of a host's log that are asked for, the oldest of them first. A file that is not there has none. */
export async function tailLog(logPath: string, query: LogQuery): Promise<LogLine[]> {
  const newer = pick(await readEnd(logPath), query);
  const missing = query.lines - newer.length;
  if (missing <= 0) return newer;
  return [...pick(await readEnd(olderLogPath(logPath)), { ...query, lines: missing }), ...newer];
}

function pick(text: string, { lines, level, topic }: LogQuery): LogLine[] {
  const fits = (line: LogLine | null): line is LogLine =>
    line !== null &&
    (level !== 'warn' || line.level === 'warn') &&
    (topic === undefined || line.topic === topic);
  return text.split('\n').map(parseLogLine).filter(fits).slice(-lines);
}

async function readEnd(filePath: string): Promise<string> {
  let file: FileHandle;
  try {
    file = await open(filePath, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, readBytesMax));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
