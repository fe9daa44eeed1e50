import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type HistoryRecord, HistorySplitter } from '../base/classad.ts';
import { GleanerError } from '../contract/failures.ts';
import { needTool } from './condor-tool.ts';

const pieceBytes = 1024 * 1024;

/**
 * A history file and those that it was rotated into (`FILE.20260131T235959`), the oldest first.
 * @throws GleanerError `not-found`
 */
export async function rotated(filePath: string): Promise<readonly string[]> {
  const dirPath = dirname(filePath);
  const name = basename(filePath);
  const names = await readdir(dirPath).catch((): string[] => []);
  const older = names.filter(
    (one) => one.startsWith(`${name}.`) && /^\d{8}T\d{6}$/.test(one.slice(name.length + 1)),
  );
  const found = [...older.sort(), ...names.filter((one) => one === name)].map((one) => join(dirPath, one));
  if (found.length > 0) return found;
  throw new GleanerError(
    'not-found',
    `There is no history of executions at ${filePath}.`,
    'Is condor/90-gleaner.conf in place there, and did a job run since? Name another file with --history.',
  );
}

/** Where this machine's HTCondor keeps it. @throws GleanerError `platform-not-ready`, `not-found` */
export async function ownHistory(): Promise<string> {
  const said = await needTool(
    'condor_config_val',
    { args: ['JOB_EPOCH_HISTORY'] },
    'Put condor/90-gleaner.conf in place, or name the file with --history.',
  );
  return said.trim();
}

/** What was read beside whole records. */
export interface ReadCounts {
  bytes: number;
  /** Records beyond the bound, and files that end within one. */
  broken: number;
}

/** The records of one file, read piece by piece. @throws GleanerError `storage-failed` */
export async function* recordsOf(
  filePath: string,
  counts: ReadCounts,
): AsyncGenerator<HistoryRecord & { readonly ad: string }, void, undefined> {
  const splitter = new HistorySplitter();
  const decoder = new TextDecoder();
  const file = await open(filePath, 'r').catch((error: unknown) => {
    throw new GleanerError(
      'storage-failed',
      `${filePath} cannot be read.`,
      'It belongs to HTCondor: try as root.',
      {
        cause: error,
      },
    );
  });
  const whole = function* (records: readonly HistoryRecord[]) {
    for (const { ad, ...rest } of records) {
      if (ad === null) counts.broken += 1;
      else yield { ad, ...rest };
    }
  };
  try {
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes);
      if (bytesRead === 0) break;
      counts.bytes += bytesRead;
      yield* whole(splitter.push(decoder.decode(buffer.subarray(0, bytesRead), { stream: true })));
    }
    const { record, isCut } = splitter.end();
    if (record) yield* whole([record]);
    if (isCut) counts.broken += 1;
  } finally {
    await file.close();
  }
}
