// The end of `npm test`: set-up, the lanes, a summary, and a look for processes left behind.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type OwnedChild, onEndSignals } from './children.ts';
import { fail, say } from './console.mjs';
import { startDisplay } from './display.ts';
import { chosenLanes, type Lane, type LaneResult, runLane } from './lanes.ts';
import { endLeftovers } from './leftovers.ts';
import { setUp } from './setup.ts';

/** Programs that are already ending when their lane is over, as Chromium's helpers are, may take this long. */
const endingMs = 5000;
/** How many checks run side by side, and how many lanes that mostly wait: of these, three keep two cores busy. */
const atOnce = { checks: 2, tests: 3 } as const;

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const running = new Set<OwnedChild>();
let interrupted = false;

async function test(args: readonly string[]): Promise<boolean> {
  const started = Date.now();
  const chosen = chosenLanes(args);
  const needsProducts = chosen.some((lane) => lane.needsProducts === true);
  const env = needsProducts ? (await setUp()).env : process.env;
  // Short, for the sockets in it; named, to know this run's processes; passable, for QEMU's own user.
  const marker = `gt-${randomBytes(4).toString('hex')}`;
  const tempDir = path.join(tmpdir(), marker);
  mkdirSync(tempDir);
  chmodSync(tempDir, 0o711);
  try {
    const results = await runLanes(chosen, { ...env, TMPDIR: tempDir, GLEANER_TEST_RUN: marker });
    const left = await endLeftovers(marker, endingMs);
    for (const { pid, command } of left) say(`Left behind, now killed: ${pid} ${command}`);
    return summarize(results, left.length, Date.now() - started);
  } finally {
    rmSync(tempDir, { recursive: true, force: true });
  }
}

async function runLanes(chosen: readonly Lane[], env: NodeJS.ProcessEnv): Promise<LaneResult[]> {
  const tests = chosen.filter(({ kind }) => kind === 'tests');
  const results = await sideBySide(
    chosen.filter(({ kind }) => kind === 'checks'),
    atOnce.checks,
    env,
  );
  for (const lane of tests.filter(({ waits }) => waits !== true)) {
    if (interrupted) break;
    heading(lane);
    const result = await onDisplay(lane, env, false);
    results.push(result);
    ending(result);
  }
  results.push(
    ...(await sideBySide(
      tests.filter(({ waits }) => waits === true),
      atOnce.tests,
      env,
    )),
  );
  return chosen.flatMap((lane) => results.filter((result) => result.lane === lane));
}

/** Runs lanes, some at a time, in their order; tells what each said when it is over. */
async function sideBySide(
  lanes: readonly Lane[],
  count: number,
  env: NodeJS.ProcessEnv,
): Promise<LaneResult[]> {
  const results: LaneResult[] = [];
  const waiting = [...lanes];
  const worker = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined && !interrupted; lane = waiting.shift()) {
      say(`${lane.name}: ${lane.title} …`);
      const result = await onDisplay(lane, env, true);
      results.push(result);
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: count }, worker));
  return results;
}

async function onDisplay(lane: Lane, env: NodeJS.ProcessEnv, isBeside: boolean): Promise<LaneResult> {
  const display = lane.needsDisplay === true ? await startDisplay() : undefined;
  try {
    return await owned(lane, { ...env, ...display?.env }, isBeside);
  } finally {
    await display?.close();
  }
}

async function owned(lane: Lane, env: NodeJS.ProcessEnv, isBeside: boolean): Promise<LaneResult> {
  let child: OwnedChild | undefined;
  const result = await runLane(lane, env, isBeside, (started) => {
    child = started;
    running.add(started);
  });
  if (child !== undefined) running.delete(child);
  return result;
}

/** What a lane said that ran side by side with another. */
function tell(result: LaneResult): void {
  heading(result.lane);
  process.stdout.write(result.output);
  ending(result);
}

function heading(lane: Lane): void {
  process.stdout.write(`\n━━ ${lane.name}: ${lane.title}\n`);
}

function ending({ lane, ok, ms, counts }: LaneResult): void {
  const tests = lane.kind === 'tests' ? `, ${counts.passed} passed, ${counts.failed} failed` : '';
  process.stdout.write(
    `${ok ? '✓' : '✗'} ${lane.name} ${ok ? 'passed' : 'FAILED'} in ${seconds(ms)}${tests}\n`,
  );
}

/** Prints the table and the closing line. @returns whether all is well */
function summarize(results: readonly LaneResult[], left: number, ms: number): boolean {
  for (const { lane, failures } of results) {
    if (failures.length > 0) process.stdout.write(`\n━━ ${lane.name}: failed\n${failures.join('\n')}\n`);
  }
  process.stdout.write('\n━━ summary\n');
  for (const { lane, ok, counts, ms: laneMs } of results) {
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    const cells = [lane.name.padEnd(8), (ok ? 'passed' : 'FAILED').padEnd(8), seconds(laneMs).padStart(9)];
    process.stdout.write(`${cells.join(' ')}   ${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
  }
  if (left > 0) process.stdout.write(`processes left behind: ${left}\n`);
  process.stdout.write(`total ${seconds(ms)}\n`);
  const passed = results.reduce((sum, { counts }) => sum + counts.passed, 0);
  const failed = results.reduce((sum, { counts }) => sum + counts.failed, 0) + (left > 0 ? 1 : 0);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0;
}

onEndSignals((first) => {
  // The run then ends as usual, with its clean-up, unless the person does not want to wait.
  if (!first) process.exit(130);
  interrupted = true;
  process.exitCode = 130;
  for (const child of running) void child.stop(5000);
});

try {
  const ok = await test(process.argv.slice(2));
  process.exitCode ??= ok ? 0 : 1;
} catch (error) {
  fail(error);
}
