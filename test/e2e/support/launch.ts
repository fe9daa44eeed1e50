import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page, type TestInfo } from '@playwright/test';
import type { SettingsLayer } from '../../../electron/contract/settings.ts';
import { electronBinary } from '../../../resources/dev/electron-runtime.ts';
import { writeSettings } from '../../fixtures/undisturbed.ts';

export const checkoutDir = path.resolve(import.meta.dirname, '../../..');

export interface Home {
  readonly homeDir: string;
  /** Keeps the host's log with the report of a test that did not pass. */
  keepLog(info: TestInfo): Promise<void>;
  remove(): void;
}

/**
 * A folder for everything of one host; short, for the sockets in it, and passable for QEMU's own user.
 * @param settings the person's; by default nothing holds its jobs up
 */
export function makeHome(settings?: SettingsLayer): Home {
  const homeDir = mkdtempSync(path.join(tmpdir(), 'gl-'));
  chmodSync(homeDir, 0o711);
  writeSettings(homeDir, settings);
  return {
    homeDir,
    async keepLog(info) {
      const logPath = path.join(homeDir, 'logs', 'gleaner.log');
      if (info.status === info.expectedStatus || !existsSync(logPath)) return;
      // Copied: the home is gone before the report is written.
      const kept = info.outputPath('gleaner.log');
      copyFileSync(logPath, kept);
      await info.attach('gleaner.log', { path: kept });
    },
    remove: () => {
      rmSync(homeDir, { recursive: true, force: true });
    },
  };
}

/** Chromium refuses its sandbox to root; the ordinary user's lane says whether the kernel allows it. */
function sandboxSwitches(): string[] {
  const refused = process.getuid?.() === 0 || process.env['GLEANER_CHROMIUM_SANDBOX'] === 'off';
  return refused ? ['--no-sandbox'] : [];
}

export interface LaunchOptions {
  /** A program that becomes Electron, with the arguments that it is given. */
  readonly executablePath?: string;
  /** What pages are told that the person prefers. */
  readonly colorScheme?: 'light' | 'dark';
  /** The folder that Electron starts; the checkout if not told. */
  readonly appDir?: string;
  readonly homeDir: string;
  /** Arguments for Chromium, before the app's folder. */
  readonly switches?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The command line and environment of one start of the app. */
export function commandOf({
  executablePath = electronBinary(),
  appDir = checkoutDir,
  homeDir,
  switches = [],
  args = [],
  env = {},
}: LaunchOptions): {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
} {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('NODE_'),
  );
  return {
    executablePath,
    args: [...sandboxSwitches(), '--log-level=3', ...switches, appDir, ...args],
    env: { ...Object.fromEntries(inherited), GLEANER_HOME: homeDir, ...env },
  };
}

/** Starts the app; only the limit of the whole test ends what waits for it, as in other projects. */
export async function launch(options: LaunchOptions): Promise<ElectronApplication> {
  const { colorScheme = 'light' } = options;
  const app = await _electron.launch({ ...commandOf(options), cwd: checkoutDir, colorScheme, timeout: 0 });
  // Playwright sets this where it opens a browser, but leaves 30 s where it starts Electron.
  app.context().setDefaultTimeout(0);
  return app;
}

/** The window that is open, or the first that opens. */
export const firstWindow = (app: ElectronApplication): Promise<Page> => app.firstWindow({ timeout: 0 });

/** The window that opens next. */
export const nextWindow = (app: ElectronApplication): Promise<Page> =>
  app.waitForEvent('window', { timeout: 0 });
