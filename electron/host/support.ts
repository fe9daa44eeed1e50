import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { logLine } from '../base/log.ts';
import { tarBytes } from '../base/tar-write.ts';
import {
  type CommandOutput,
  type CommandParsed,
  type Denial,
  type EffectiveSetting,
  type GridDetail,
  type LedgerEntry,
  type LogLine,
  type NetworkReport,
  type PlainCommandName,
  type PolicyReport,
  type Snapshot,
  toFailure,
} from '../contract/index.ts';
import { type ComputerClues, cluesIn } from './support-clues.ts';
import { type Redact, redactAll, redactor } from './support-redact.ts';
import { isOwnWord } from './support-vocabulary.ts';
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
 * A tar.gz for whoever helps, of what the host's own commands answer and of nothing else. A part that cannot be told has
 * the failure in its place; it rejects only where it could not be known what to take out.
 */
export async function supportBundle(ask: Ask, computer: ComputerClues): Promise<AsyncIterable<Uint8Array>> {
  const status = await ask('status', {});
  const settings = await ask('settings.list', {});
  const policy = await ask('policy.explain', {});
  const details = await Promise.all(
    // One that is being left may be gone by now.
    status.grids.map(({ id }) => ask('grids.show', { id }).catch(() => undefined)),
  ).then((all) => all.filter((detail) => detail !== undefined));
  const redact = redactor(cluesIn(computer, { status, settings, details, policy }));

  const parts: Record<Exclude<SupportFile, 'log.txt'>, () => unknown> = {
    'doctor.json': () => ask('doctor', {}),
    'versions.json': () => ask('versions', {}),
    'status.json': () => tellStatus(status),
    'settings.json': () => settings.map(tellSetting),
    'policy.json': () => tellPolicy(policy),
    'grids.json': () => details.map(tellGrid),
    'network.json': async () => tellNetwork(await ask('network.report', {})),
    'ledger.json': async () => {
      const { ok, entries, firstBad } = await ask('ledger.verify', {});
      return { ok, entries, firstBad, latest: sumUp(await ask('ledger.list', { limit: ledgerEntries })) };
    },
    'yields.json': () => ask('yields.report', {}),
  };
  const items = [{ path: `${supportFolder}/README.txt`, content: supportReadme(status.version, status.at) }];
  for (const [name, part] of Object.entries(parts)) {
    const value = redactAll(await orFailure(part), redact);
    items.push({ path: `${supportFolder}/${name}`, content: `${JSON.stringify(value, null, 2)}\n` });
  }
  const log = await orFailure(async () => logText(await ask('logs.tail', { lines: logLines }), redact));
  const content = typeof log === 'string' ? log : redact(JSON.stringify(log));
  items.push({ path: `${supportFolder}/log.txt`, content });
  const packed: Uint8Array = await pack(tarBytes(items));
  return Readable.from([packed]);
}

async function orFailure(part: () => unknown): Promise<unknown> {
  try {
    return await part();
  } catch (error) {
    return { failure: toFailure(error) };
  }
}

function tellStatus(status: Snapshot): unknown {
  const { at, contribution, vms, preset, lostSeconds, problems } = status;
  const { name, source } = preset;
  return { at, contribution, vms, preset: { name, source }, lostSeconds, problems };
}

function tellPolicy({ sentence, allowance, signals, sensorTroubles, nextChangeAt }: PolicyReport): unknown {
  const programs = signals.programs?.length ?? null;
  return { sentence, allowance, signals: { ...signals, programs }, sensorTroubles, nextChangeAt };
}

function tellNetwork({ hosts, denials, ...traffic }: NetworkReport): unknown {
  return { ...traffic, hosts: hosts.length, denials: denials.map(tellDenial) };
}

function tellDenial({ grid, host, port, reason, count }: Denial): unknown {
  return { grid, host, port, reason, count };
}

/** A setting without what is private in its value. */
function tellSetting(setting: EffectiveSetting): unknown {
  const { key, value } = setting;
  switch (key) {
    case 'network.authorities':
      return { ...setting, value: typeof value === 'string' ? `${value.length} characters` : value };
    case 'pauseOn.programs':
    case 'grids.boinc':
    case 'grids.pools':
      return { ...setting, value: Array.isArray(value) ? `${value.length} of them` : value };
    default:
      return setting;
  }
}

function tellGrid(detail: GridDetail): unknown {
  const { grid, seenAt, tasks, transfers, diskBytes, diskLimitBytes, weakKey, contacts, denials } = detail;
  const { id, kind, name, url, state, sentence, share, noNewWork, failure, managedBy } = grid;
  const { queued, running, done, failed, aborted } = grid;
  return {
    ...{ id, kind, name, url, state, sentence, share, noNewWork, failure },
    ...{ queued, running, done, failed, aborted },
    isManaged: managedBy !== null,
    seenAt,
    tasks: countBy(tasks.map(({ state }) => state)),
    transfers: transfers.length,
    diskBytes,
    diskLimitBytes,
    weakKey,
    contacts,
    denials: denials.map(tellDenial),
  };
}

/** Line by line, so that what one of them begins ends with it. */
function logText(lines: readonly LogLine[], redact: Redact): string {
  const text = lines
    .map(({ at, level, topic, text }) =>
      logLine(at, level, isOwnWord(topic) ? topic : redact(topic), redact(text)),
    )
    .join('\n');
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
