import type { Command } from 'commander';
import { type CommonOptions, type Context, UsageError, withDoor } from './context.ts';
import type { Door } from './door.ts';
import { cleanLine, cleanLines, formatBytes } from './text.ts';

export interface ExportOptions extends CommonOptions {
  readonly csv?: boolean;
  readonly out?: string;
  readonly force?: boolean;
}

/** What every export has beside `--json`. */
export const exportOptions = (command: Command): Command =>
  command
    .option('--csv', 'as CSV')
    .option('-o, --out <FILE>', 'into this file instead of stdout')
    .option('--force', 'replace the file');

/** Downloads what is exported, in the form that was asked for. `example` is a right use, for whoever named no form. */
export async function exportBytes(
  context: Context,
  { csv = false, json = false, out, force = false }: ExportOptions,
  example: string,
  download: (door: Door, format: 'csv' | 'json') => Promise<AsyncIterable<Uint8Array>>,
): Promise<void> {
  const { io } = context;
  if (csv === json) throw new UsageError('Say how: either --csv or --json.', example);
  await withDoor(context, async (door) => {
    const bytes = await download(door, csv ? 'csv' : 'json');
    if (out !== undefined) {
      const { saveFile } = await import('./save.ts');
      const saved = await saveFile(bytes, out, force, io);
      io.err(`Saved ${formatBytes(saved.bytes)} to ${cleanLine(saved.path)}\n`);
      return;
    }
    const decoder = new TextDecoder();
    for await (const chunk of bytes) {
      // Titles come from jobs: a file gets them as they are, a terminal without what could steer it.
      await io.out(io.outIsTerminal ? cleanLines(decoder.decode(chunk, { stream: true })) : chunk);
    }
  });
}
