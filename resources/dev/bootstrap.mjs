// @ts-check
// The part of set-up that runs before anything is installed: Node's version, system packages, `npm ci`. Then it hands
// over to the pinned Node of the lock file, which runs the TypeScript that does the rest. No dependencies.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkoutDir, fail, mustRunStep, SetupError } from './console.mjs';
import { matchesLock } from './packages.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

const nodeModulesDir = path.join(checkoutDir, 'node_modules');
const binPath = path.join(nodeModulesDir, '.bin', 'node');
/** The Node that runs this project's TypeScript and tests: the major version of the one in package-lock.json. */
const projectNodeMajor = 24;

/** @returns {number} */
function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}

/** @returns {string | undefined} the Node of package-lock.json, else the one we run on if it is as new */
function projectNode() {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = path.join(nodeModulesDir, `node-${system}-${process.arch}`, 'bin', program);
  if (existsSync(pinned)) return pinned;
  return nodeMajor() >= projectNodeMajor ? process.execPath : undefined;
}

/** @throws {SetupError} on a Node that is too old to go on */
function checkNode() {
  if (nodeMajor() >= 20) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old; Gleaner needs Node 20 or newer.`,
    'Install a current Node from https://nodejs.org or your distribution, then run the command again.',
    2,
  );
}

/** @returns {string[]} the npm that started us, else the one on the PATH */
export function npmCommand() {
  const script = process.env['npm_execpath'];
  return script !== undefined && path.basename(script) === 'npm-cli.js'
    ? [process.execPath, script]
    : ['npm'];
}

/**
 * Makes node_modules match package-lock.json. Install scripts do not run: nothing that Gleaner uses needs one.
 */
async function ensureNodeModules() {
  const stampPath = path.join(nodeModulesDir, '.gleaner-lock');
  const lock = readFileSync(path.join(checkoutDir, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = `${digest} ${process.platform}-${process.arch}\n`;
  const complete = existsSync(binPath) || projectNode() === process.execPath;
  if (complete && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  const notePath = path.join(nodeModulesDir, '.package-lock.json');
  const note = existsSync(notePath) ? readFileSync(notePath, 'utf8') : '{}';
  if (!matchesLock(JSON.parse(lock), JSON.parse(note))) {
    rmSync(stampPath, { force: true });
    await mustRunStep(
      'Installing the npm packages of package-lock.json',
      [
        ...npmCommand(),
        'ci',
        '--include=dev',
        '--include=optional',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
      ],
      {
        log: 'npm-ci',
        sentence: '`npm ci` could not install the packages of package-lock.json.',
        hint: 'Check the network and the registry (`npm config get registry`), then run the command again.',
      },
    );
  }
  const node = projectNode();
  if (node === undefined) {
    throw new SetupError(
      `package-lock.json has no Node for ${process.platform}-${process.arch}.`,
      `Run the command with Node ${projectNodeMajor} or newer.`,
      2,
    );
  }
  // npm 10 leaves this one program out of .bin; npm scripts find the project's Node there.
  if (process.platform !== 'win32' && !existsSync(binPath) && node !== process.execPath) {
    symlinkSync(path.relative(path.dirname(binPath), node), binPath);
  }
  writeFileSync(stampPath, stamp);
}

/**
 * Calls back when the shell that npm started us in is gone: npm ends that shell on a signal, which tells us nothing.
 * @param {() => void} onLoss
 * @returns {() => void} stops watching
 */
export function watchParent(onLoss) {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onLoss();
  }, 1000);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Runs a TypeScript program of this folder with the project's own Node: in this process if that is the one we are in,
 * else as a child whose exit code becomes ours and to which signals are passed on.
 * @param {string} script file name in resources/dev
 */
async function handOver(script) {
  const scriptPath = path.join(checkoutDir, 'resources', 'dev', script);
  const node = projectNode() ?? process.execPath;
  if (process.execPath === realpathSync(node)) {
    await import(pathToFileURL(scriptPath).href);
    return;
  }
  const child = spawn(node, [scriptPath, ...process.argv.slice(2)], { cwd: checkoutDir, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  watchParent(() => child.kill());
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * All of the first part: checks Node, installs packages, hands over. Ends the process when a step fails.
 * @param {{ script: string, forTests: boolean }} options `script` is a file of this folder, run with our arguments
 */
export async function bootstrap(options) {
  try {
    checkNode();
    await ensureSystemPackages(options);
    await ensureNodeModules();
    await handOver(options.script);
  } catch (error) {
    fail(error);
  }
}
