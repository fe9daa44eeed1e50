// The end of `npm start`: set-up, then the application, whose exit code is ours.
import { spawnOwned, untilExit } from './children.ts';
import { checkoutDir, fail, say } from './console.mjs';
import { type Display, startDisplay } from './display.ts';
import { electronBinary } from './electron-runtime.ts';
import { setUp } from './setup.ts';
import { hasDisplay } from './system-packages.mjs';

/** The application saves and ends its VMs in this time, or is killed. */
const graceMs = 30_000;

async function start(args: readonly string[]): Promise<number> {
  const { env } = await setUp();
  if (args.includes('--setup-only')) return 0;
  const display = hasDisplay() ? undefined : await startDisplay();
  try {
    return await launch(args, { ...env, ...display?.env }, display);
  } finally {
    await display?.close();
  }
}

async function launch(args: readonly string[], env: NodeJS.ProcessEnv, display?: Display): Promise<number> {
  if (display !== undefined) {
    say(
      `This session has no screen: Gleaner runs on a virtual one (${display.env['DISPLAY'] ?? ''}). ` +
        'Look with `npm run -s gleaner -- status`; end it with Ctrl-C.',
    );
  }
  const app = spawnOwned([electronBinary(), ...chromiumSwitches(env), checkoutDir, ...args], {
    cwd: checkoutDir,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return untilExit(app, graceMs);
}

/** Chromium refuses its sandbox to root, who has it in a container only; anyone else runs sandboxed. */
function chromiumSwitches(env: NodeJS.ProcessEnv): string[] {
  const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  // Without a system bus, Chromium's own log complains about it at every start.
  return env['ELECTRON_ENABLE_LOGGING'] === undefined ? [...switches, '--log-level=3'] : switches;
}

try {
  process.exitCode = await start(process.argv.slice(2));
} catch (error) {
  fail(error);
}
