import { linkScheme } from './deep-link.ts';

/**
 * Desktop Entry Specification 1.5, "The Exec key": one argument, quoted. The value is a string first, in which a
 * backslash stands for itself only when doubled. Pure.
 * @throws RangeError for control characters, which the format cannot carry
 */
export function execArgument(word: string): string {
  if (/\p{Cc}/u.test(word)) throw new RangeError('a desktop entry cannot hold control characters');
  // A lone % begins a field code.
  const literal = word.replaceAll('%', '%%');
  if (/^[\w@+=:,./%-]+$/.test(literal)) return literal;
  const quoted = `"${literal.replace(/["`$\\]/g, String.raw`\$&`)}"`;
  return quoted.replaceAll('\\', '\\\\');
}

const execLine = (argv: readonly string[], ...fieldCodes: readonly string[]): string =>
  `Exec=${[...argv.map(execArgument), ...fieldCodes].join(' ')}`;

const head = ['[Desktop Entry]', 'Type=Application', 'Version=1.4', 'Name=Gleaner', 'Terminal=false'];

/** Whose entry it is: one host's data folder. */
const ownerLine = (dataDir: string): string =>
  `X-Gleaner-Data=${dataDir.replace(/[\\\n\r\t]/g, (found) => escapes[found] ?? found)}`;

/** Of values of type string. */
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The autostart entry (Desktop Application Autostart Specification). Pure.
 * @param argv the whole command
 * @param dataDir names the host that is started, so that another one leaves the entry alone
 */
export function autostartEntry(argv: readonly string[], dataDir: string): string {
  return [...head, 'Icon=gleaner', execLine(argv), 'StartupNotify=false', ownerLine(dataDir), ''].join('\n');
}

/** What packages put into the menu; it takes links, too. Pure. */
export function applicationEntry(argv: readonly string[]): string {
  return [
    ...head,
    'Icon=gleaner',
    execLine(argv, '%u'),
    'Comment=Put idle hours to work',
    'Categories=Utility;',
    `MimeType=x-scheme-handler/${linkScheme};`,
    'StartupWMClass=gleaner',
    '',
  ].join('\n');
}

/**
 * What packages put into `/etc/xdg/autostart`, for everybody; a person's own entry of that name comes before it. The
 * program is asked at each login whether it is wanted, so that policy decides. Pure.
 */
export function loginEntry(argv: readonly string[]): string {
  return [
    ...head,
    'Icon=gleaner',
    execLine(argv),
    ...argv.slice(0, 1).map((program) => `TryExec=${program}`),
    'StartupNotify=false',
    'NoDisplay=true',
    '',
  ].join('\n');
}

/** What an entry that lies there already is to us. Pure. */
export function readEntry(text: string, dataDir: string): { isOwn: boolean; isTurnedOff: boolean } {
  const lines = text.split('\n').map((line) => line.trim());
  return {
    isOwn: lines.includes(ownerLine(dataDir).trim()),
    // What desktops write when the person turns it off in their own settings.
    isTurnedOff: lines.includes('Hidden=true') || lines.includes('X-GNOME-Autostart-enabled=false'),
  };
}
