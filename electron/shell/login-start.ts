import { join } from 'node:path';

/** How this run was started, as far as the next one has to be started alike. */
export interface Run {
  /** `process.execPath`. */
  readonly execPath: string;
  /** What Electron was told to start, unless the app is packaged with it. */
  readonly appPath: string | null;
  /** Where an AppImage lies: its program runs from a mount that ends with it. */
  readonly appImage: string | undefined;
  /** Chromium's, which this run needed. */
  readonly switches: readonly string[];
  /** `GLEANER_HOME`, where it is set. */
  readonly home: string | undefined;
}

/** The command that starts the app as this run was, without a window. Pure. */
export function loginCommand({ execPath, appPath, appImage, switches, home }: Run): readonly string[] {
  return [
    ...(home === undefined ? [] : ['env', `GLEANER_HOME=${home}`]),
    ...(appPath === null ? [appImage ?? execPath, ...switches] : [execPath, ...switches, appPath]),
    '--hidden',
  ];
}

/** `$XDG_CONFIG_HOME/autostart`; a relative path in the variable does not count (XDG Base Directory). Pure. */
export function autostartDir(env: Readonly<Record<string, string | undefined>>, homeDir: string): string {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  return join(config.startsWith('/') ? config : join(homeDir, '.config'), 'autostart');
}

/**
 * The value below `HKCU\Software\Microsoft\Windows\CurrentVersion\Run` that starts the command: each argument as
 * CommandLineToArgvW takes it apart again. Pure.
 */
export function runKeyValue(argv: readonly string[]): { readonly name: string; readonly data: string } {
  return { name: 'Gleaner', data: argv.map(windowsArgument).join(' ') };
}

function windowsArgument(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  // Backslashes count only before a quote: doubled there, and before the one that ends the argument.
  return `"${word.replace(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`;
}

/** What `app.setLoginItemSettings` is told on macOS: the app itself is the item, so no path and no arguments. Pure. */
export function loginItem(wanted: boolean): {
  readonly openAtLogin: boolean;
  readonly type: 'mainAppService';
} {
  return { openAtLogin: wanted, type: 'mainAppService' };
}
