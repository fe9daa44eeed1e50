// @ts-check
// What set-up says and how it runs long commands. Plain JavaScript for any Node >= 20, no dependencies:
// this file is loaded before `npm ci` has run.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder, absolute. */
export const checkoutDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Everything set-up makes and can make again: runtimes, images, logs. Ignored by git. */
export const cacheDir = path.join(checkoutDir, '.cache');

/** A set-up step that cannot go on: one sentence, what the person can do, and the exit code. */
export class SetupError extends Error {
  /**
   * @param {string} sentence
   * @param {string} hint
   * @param {number} exitCode 1: something failed; 2: the person has to do something first
   */
  constructor(sentence, hint, exitCode = 1) {
    super(sentence);
    this.name = 'SetupError';
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Ends the process for an error: a SetupError as sentence and hint with its exit code, anything else with its stack.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  if (error instanceof SetupError) {
    say(`\nGleaner set-up: ${error.message}\n  ${error.hint.split('\n').join('\n  ')}`);
    process.exit(error.exitCode);
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}

/**
 * The lines to show for a running step: on a terminal the latest output in place, else one line per 20 s.
 * @param {string} title
 */
function progressLine(title) {
  const out = process.stderr;
  const started = Date.now();
  let latest = '';
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const draw = () => {
    const line = `${title} (${seconds()}) ${latest}`;
    out.write(`\r\x1b[2K${line.slice(0, Math.max(20, out.columns - 1))}`);
  };
  if (!out.isTTY) say(`${title} …`);
  const timer = setInterval(
    () => (out.isTTY ? draw() : say(`  … ${seconds()} ${latest}`)),
    out.isTTY ? 250 : 20_000,
  );
  return {
    /** @param {string} text */
    update: (text) => {
      // Control characters of the tools' own progress bars would garble the line.
      latest = text
        .replace(/[\x00-\x1f\x7f]+/g, ' ')
        .trim()
        .slice(0, 200);
    },
    /** @param {boolean} ok */
    end: (ok) => {
      clearInterval(timer);
      if (out.isTTY) out.write(`\r\x1b[2K${title} (${ok ? seconds() : 'failed'})\n`);
    },
  };
}

/**
 * @typedef {object} StepResult
 * @property {number} code exit code; 128 + n for a signal, 127 when the command could not be started
 * @property {string} stdout
 * @property {string[]} tail the last lines of its output, for an error's hint
 * @property {string} logPath where all of its output is
 */

/**
 * Runs one long command under one line of progress; its output goes to a file in `.cache/log`.
 * @param {string} title what the person reads, in the form "Installing …"
 * @param {string[]} argv
 * @param {{ log: string, cwd?: string, env?: NodeJS.ProcessEnv, quietMs?: number }} options `quietMs`: say nothing
 *   when the command ends well within that time and writes nothing to stderr (a step that had nothing to do)
 * @returns {Promise<StepResult>}
 */
export function runStep(title, argv, options) {
  const [command = '', ...args] = argv;
  mkdirSync(path.join(cacheDir, 'log'), { recursive: true });
  const logPath = path.join(cacheDir, 'log', `${options.log}.log`);
  const log = createWriteStream(logPath);
  const child = spawn(command, args, {
    cwd: options.cwd ?? checkoutDir,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const interrupted = () => process.exit(130);
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.once(signal, interrupted);

  /** @type {ReturnType<typeof progressLine> | undefined} */
  let line;
  /** @type {string[]} */
  const tail = [];
  let stdout = '';
  const show = () => {
    if (line === undefined) line = progressLine(title);
  };
  const quiet = options.quietMs === undefined ? undefined : setTimeout(show, options.quietMs);
  if (quiet === undefined) show();
  /** @param {string} text */
  const take = (text) => {
    log.write(`${text}\n`);
    if (text.trim() === '') return;
    tail.push(text);
    if (tail.length > 12) tail.shift();
    line?.update(text);
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    stdout += `${text}\n`;
    take(text);
  });
  createInterface({ input: child.stderr }).on('line', (text) => {
    show();
    take(text);
  });
  return new Promise((resolve) => {
    let ended = false;
    /** @param {number} code */
    const end = (code) => {
      if (ended) return;
      ended = true;
      process.off('exit', kill);
      for (const signal of signals) process.off(signal, interrupted);
      clearTimeout(quiet);
      line?.end(code === 0);
      log.end(() => resolve({ code, stdout, tail, logPath }));
    };
    child.once('error', (error) => {
      take(error.message);
      end(127);
    });
    child.once('close', (code, signal) => end(code ?? (signal ? 128 + 15 : 1)));
  });
}

/**
 * Runs a step that must succeed.
 * @param {string} title
 * @param {string[]} argv
 * @param {Parameters<typeof runStep>[2] & { sentence: string, hint: string }} options
 * @returns {Promise<StepResult>}
 * @throws {SetupError} with the end of the command's output in its hint
 */
export async function mustRunStep(title, argv, options) {
  const result = await runStep(title, argv, options);
  if (result.code === 0) return result;
  const end = result.tail.map((text) => `| ${text}`).join('\n');
  throw new SetupError(options.sentence, `${end}\n${options.hint}\nAll of its output: ${result.logPath}`);
}
