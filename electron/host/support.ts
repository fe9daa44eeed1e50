import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { logLine } from '../base/log.ts';
import { tarBytes } from '../base/tar-write.ts';
import {
  type CommandOutput,
  type CommandParsed,
  type EffectiveSetting,
  type GridDetail,
  type LedgerEntry,
  type LogLine,
  type PlainCommandName,
} from '../contract/index.ts';
import { type ComputerClues, cluesIn } from './support-clues.ts';
import { type Redact, redactAll, redactor } from './support-redact.ts';
import { type SupportFile, supportFolder, supportReadme } from './support-words.ts';

const pack = promisify(gzip);

/** How much of the log goes with it: lines, and characters at most. */
const logLines = 2000;
const logCharacters = 1024 * 1024;
/** How many entries of the ledger its numbers are of. */
const ledgerEntries = 1000;

/** Asks the host a command, as a client of it would. */
export type Ask = <N extends PlainCommandName>(name: N, input: CommandParsed<N>) => Promise<CommandOutput<N>>;

/**
 * A tar.gz for whoever helps, of what the host's own commands answer and of nothing else. Rejects with what one of them
 * rejects with.
 */
export async function supportBundle(ask: Ask, computer: ComputerClues): Promise<AsyncIterable<Uint8Array>> {
  const status = await ask('status', {});
  const settings = await ask('settings.list', {});
  const details = await Promise.all(status.grids.map(({ id }) => ask('grids.show', { id })));
  const policy = await ask('policy.explain', {});
  const log = await ask('logs.tail', { lines: logLines });
  const { hosts: _hosts, denials, ...traffic } = await ask('network.report', {});
  const verdict = await ask('ledger.verify', {});
  const entries = await ask('ledger.list', { limit: ledgerEntries });
  const redact = redactor(cluesIn(computer, { status, settings, details, policy }));

  const values: Record<Exclude<SupportFile, 'log.txt'>, unknown> = {
    'doctor.json': await ask('doctor', {}),
    'versions.json': await ask('versions', {}),
    'status.json': {
      at: status.at,
      contribution: status.contribution,
      vms: status.vms,
      preset: { name: status.preset.name, source: status.preset.source },
      lostSeconds: status.lostSeconds,
      problems: status.problems,
    },
    'settings.json': settings.map(tellSetting),
    'policy.json': {
      sentence: policy.sentence,
      allowance: policy.allowance,
      signals: { ...policy.signals, programs: policy.signals.programs?.length ?? null },
      sensorTroubles: policy.sensorTroubles,
      nextChangeAt: policy.nextChangeAt,
    },
    'grids.json': details.map(tellGrid),
    'network.json': {
      ...traffic,
      denials: denials.map(({ grid, host, port, reason, count }) => ({ grid, host, port, reason, count })),
    },
    'ledger.json': {
      ok: verdict.ok,
      entries: verdict.entries,
      firstBad: verdict.firstBad,
      latest: sumUp(entries),
    },
    'yields.json': await ask('yields.report', {}),
  };
  const items = [
    { path: `${supportFolder}/README.txt`, content: supportReadme(status.version, status.at) },
    ...Object.entries(values).map(([name, value]) => ({
      path: `${supportFolder}/${name}`,
      content: `${JSON.stringify(redactAll(value, redact), null, 2)}\n`,
    })),
    { path: `${supportFolder}/log.txt`, content: logText(log, redact) },
  ];
  const packed: Uint8Array = await pack(tarBytes(items));
  return Readable.from([packed]);
}

/** A setting without what is private in its value. */
function tellSetting(setting: EffectiveSetting): unknown {
  const { key, value } = setting;
  switch (key) {
    case 'network.authorities':
      return { ...setting, value: typeof value === 'string' ? `${value.length} characters` : value };
    case 'pauseOn.programs':
    case 'grids.boinc':
      return { ...setting, value: Array.isArray(value) ? `${value.length} of them` : value };
    default:
      return setting;
  }
}

function tellGrid(detail: GridDetail): unknown {
  const { grid, seenAt, tasks, transfers, diskBytes, diskLimitBytes, weakKey, contacts, denials } = detail;
  const { credit: _credit, managedBy, ...view } = grid;
  return {
    ...view,
    isManaged: managedBy !== null,
    seenAt,
    tasks: countBy(tasks.map(({ state }) => state)),
    transfers: transfers.length,
    diskBytes,
    diskLimitBytes,
    weakKey,
    contacts,
    denials: denials.map(({ host, port, reason, count }) => ({ host, port, reason, count })),
  };
}

/** Line by line, so that what one of them begins ends with it. */
function logText(lines: readonly LogLine[], redact: Redact): string {
  const text = lines.map(({ at, level, topic, text }) => redact(logLine(at, level, topic, text))).join('\n');
  return `${text.slice(-logCharacters)}\n`;
}

/** Numbers only. */
function sumUp(entries: readonly LedgerEntry[]): unknown {
  const attempts = entries.flatMap(({ body }) => (body.kind === 'attempt' ? [body] : []));
  const sum = (of: (one: (typeof attempts)[number]) => number): number =>
    attempts.reduce((total, one) => total + of(one), 0);
  return {
    kinds: countBy(entries.map(({ body }) => body.kind)),
    outcomes: countBy(attempts.map(({ outcome }) => outcome)),
    failures: countBy(attempts.flatMap(({ failure }) => (failure === null ? [] : [failure]))),
    accelerators: countBy(attempts.map(({ accelerator }) => accelerator)),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    wallSeconds: sum(({ wallSeconds }) => wallSeconds),
    frozenSeconds: sum(({ frozenSeconds }) => frozenSeconds),
  };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
