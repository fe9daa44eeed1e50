// The lanes of `npm test`: what each runs, and running one.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { npmCommand } from './bootstrap.mjs';
import { type OwnedChild, spawnOwned } from './children.ts';
import { cacheDir, checkoutDir, SetupError } from './console.mjs';
import { type Counts, countsOf, laneCounts } from './counts.ts';
import { failuresOf } from './failures.ts';

export interface Lane {
  readonly name: string;
  readonly title: string;
  /** Of package.json. */
  readonly npmScript: string;
  /**
   * `checks` need no more than the sources; `tests` write a report. A test lane that `waits` mostly waits for a VM, a pool or a
   * window: these run side by side, as checks do. The others have the computer to themselves.
   */
  readonly kind: 'checks' | 'tests';
  readonly waits?: boolean;
  /** Arguments that make it write its JSON report to `file`. */
  readonly reportArgs?: (file: string) => string[];
  /** Electron, the guest image and the built application. */
  readonly needsProducts?: boolean;
  readonly needsDisplay?: boolean;
}

const vitestArgs = (file: string) => ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
const playwrightArgs = () => ['--reporter=list,json'];

export const lanes: readonly Lane[] = [
  { name: 'format', title: 'Formatting (Biome)', npmScript: 'format:check', kind: 'checks' },
  {
    name: 'lint',
    title: 'Rules and imports (ESLint, dependency-cruiser)',
    npmScript: 'lint',
    kind: 'checks',
  },
  { name: 'types', title: 'Types (TypeScript)', npmScript: 'types', kind: 'checks' },
  { name: 'dead', title: 'Dead code (knip)', npmScript: 'dead', kind: 'checks' },
  { name: 'unit', title: 'Unit tests', npmScript: 'test:unit', kind: 'tests', reportArgs: vitestArgs },
  // The longest first, so that all end close to each other, and beside the two that compute most the one that waits most.
  {
    name: 'e2e',
    title: 'The application in real Electron',
    npmScript: 'test:e2e',
    kind: 'tests',
    waits: true,
    reportArgs: playwrightArgs,
    needsProducts: true,
    needsDisplay: true,
  },
  {
    name: 'vm',
    title: 'VM tests on real QEMU',
    npmScript: 'test:vm',
    kind: 'tests',
    waits: true,
    reportArgs: vitestArgs,
    needsProducts: true,
  },
  {
    name: 'boinc',
    title: 'Projects in real VMs with the stock BOINC client',
    npmScript: 'test:boinc',
    kind: 'tests',
    waits: true,
    reportArgs: vitestArgs,
    needsProducts: true,
  },
  {
    name: 'install',
    title: 'Packages on a Debian of their own, with systemd',
    npmScript: 'test:install',
    kind: 'tests',
    waits: true,
    reportArgs: vitestArgs,
    needsProducts: true,
  },
  {
    name: 'hosts',
    title: 'Computers in real HTCondor pools',
    npmScript: 'test:hosts',
    kind: 'tests',
    waits: true,
    reportArgs: vitestArgs,
    needsProducts: true,
  },
  {
    name: 'condor',
    title: 'Real HTCondor pools in network namespaces',
    npmScript: 'test:condor',
    kind: 'tests',
    waits: true,
    reportArgs: vitestArgs,
    needsProducts: true,
  },
  {
    name: 'grid',
    title: 'Network tests in a namespace of their own',
    npmScript: 'test:grid',
    kind: 'tests',
    waits: true,
    reportArgs: vitestArgs,
    needsProducts: true,
  },
  {
    name: 'grid-e2e',
    title: 'From the welcome page to a credited task',
    npmScript: 'test:grid-e2e',
    kind: 'tests',
    waits: true,
    reportArgs: playwrightArgs,
    needsProducts: true,
    needsDisplay: true,
  },
  // It starts a display of its own, as the user it runs as.
  {
    name: 'user',
    title: 'The application as an ordinary user',
    npmScript: 'test:user',
    kind: 'tests',
    waits: true,
    needsProducts: true,
  },
];

/**
 * The lanes that the arguments ask for.
 * @param args `--only a,b`, or none for all
 * @throws {SetupError} for another argument or an unknown lane
 */
export function chosenLanes(args: readonly string[]): readonly Lane[] {
  if (args.length === 0) return lanes;
  const [flag, list, ...rest] = args[0]?.startsWith('--only=') === true ? args[0].split('=') : args;
  const names = (list ?? '').split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !lanes.some((lane) => lane.name === name));
  if (flag === '--only' && rest.length === 0 && names.length > 0 && unknown.length === 0) {
    return lanes.filter(({ name }) => names.includes(name));
  }
  throw new SetupError(
    unknown.length > 0 ? `There is no lane ${unknown.join(', ')}.` : 'These arguments are not understood.',
    `npm test -- --only LANE,…   lanes: ${lanes.map(({ name }) => name).join(', ')}`,
    2,
  );
}

export interface LaneResult {
  readonly lane: Lane;
  readonly counts: Counts;
  /** Which tests failed, as far as its report tells. */
  readonly failures: readonly string[];
  readonly ok: boolean;
  readonly ms: number;
  /** Of a lane that runs side by side with another; one that runs alone writes to the terminal itself. */
  readonly output: string;
}

/** Ends a lane that hangs; far above what any takes, it judges no speed. */
const hungMs = 75 * 60_000;

/**
 * Runs one lane to its end.
 * @param isBeside whether it runs side by side with another, so that its output is kept
 * @param onStart is given the running process, so that an interrupted run can end it
 */
export async function runLane(
  lane: Lane,
  env: NodeJS.ProcessEnv,
  isBeside: boolean,
  onStart: (child: OwnedChild) => void,
): Promise<LaneResult> {
  const started = Date.now();
  const reportPath = path.join(cacheDir, 'test', `${lane.name}.json`);
  mkdirSync(path.dirname(reportPath), { recursive: true });
  rmSync(reportPath, { force: true });
  const extra = lane.reportArgs === undefined ? [] : ['--', ...lane.reportArgs(reportPath)];
  const child = spawnOwned([...npmCommand(), 'run', '--silent', lane.npmScript, ...extra], {
    cwd: checkoutDir,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: reportPath },
    stdio: isBeside ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    askGroup: true,
  });
  onStart(child);
  let output = '';
  for (const stream of [child.process.stdout, child.process.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const hung = setTimeout(() => void child.stop(5000), hungMs);
  const exitCode = await child.exited;
  clearTimeout(hung);
  const report = existsSync(reportPath) ? readReport(reportPath) : undefined;
  const counts = laneCounts(exitCode, countsOf(report), lane.kind === 'tests');
  const failures = failuresOf(report);
  return { lane, counts, failures, ok: counts.failed === 0, ms: Date.now() - started, output };
}

function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch {
    // Cut off in the middle: as good as none.
    return undefined;
  }
}
