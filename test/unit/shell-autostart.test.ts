import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../electron/contract/failures.ts';
import { Autostart } from '../../electron/shell/autostart.ts';
import {
  applicationEntry,
  autostartEntry,
  execArgument,
  readEntry,
} from '../../electron/shell/desktop-entry.ts';
import {
  autostartDir,
  loginCommand,
  loginItem,
  type Run,
  runKeyValue,
} from '../../electron/shell/login-start.ts';

const packaged: Run = {
  execPath: '/opt/Gleaner/gleaner',
  appPath: null,
  appImage: undefined,
  switches: [],
  home: undefined,
};

/** How a desktop takes an Exec value apart: the string's escapes, then quotes, then field codes. */
function execWords(value: string): string[] {
  const text = value.replaceAll('\\\\', '\\');
  const words: string[] = [];
  for (const [, quoted, bare] of text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gs)) {
    const word = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/gs, '$1');
    words.push(word.replaceAll('%%', '%'));
  }
  return words;
}

/** CommandLineToArgvW, as its documentation describes it. */
function windowsWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quoted = false;
  let begun = false;
  for (let at = 0; at < line.length; ) {
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    const next = line[at + slashes];
    if (next === '"') {
      word += '\\'.repeat(Math.floor(slashes / 2));
      if (slashes % 2 === 1) word += '"';
      else quoted = !quoted;
      begun = true;
      at += slashes + 1;
    } else if (slashes > 0) {
      word += '\\'.repeat(slashes);
      begun = true;
      at += slashes;
    } else if (!quoted && (next === ' ' || next === '\t')) {
      if (begun) words.push(word);
      word = '';
      begun = false;
      at += 1;
    } else {
      word += next ?? '';
      begun = true;
      at += 1;
    }
  }
  if (begun) words.push(word);
  return words;
}

const printable = fc.string({
  unit: fc.oneof(
    fc.constantFrom(' ', '"', '\\', '$', '`', '%', "'", '&', ';', '~', 'ä', '日'),
    fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  ),
  minLength: 1,
  maxLength: 20,
});

describe('a desktop entry', () => {
  it('starts exactly the command that was meant', () => {
    fc.assert(
      fc.property(fc.array(printable, { minLength: 1, maxLength: 5 }), (argv) => {
        expect(execWords(argv.map(execArgument).join(' '))).toEqual(argv);
      }),
    );
  });

  it.each([
    ['/opt/Gleaner/gleaner', '/opt/Gleaner/gleaner'],
    ['/home/a b/gleaner', '"/home/a b/gleaner"'],
    ['/x/$HOME', String.raw`"/x/\\$HOME"`],
    [String.raw`a\b`, String.raw`"a\\\\b"`],
    ['100%', '100%%'],
    ['it"s', String.raw`"it\\"s"`],
  ])('quotes %s as the specification wants it', (word, quoted) => {
    expect(execArgument(word)).toBe(quoted);
  });

  it('cannot hold control characters', () => {
    expect(() => execArgument('a\nExec=evil')).toThrow(RangeError);
    expect(autostartEntry(['/x'], '/a\nHidden=true').split('\n')).not.toContain('Hidden=true');
  });

  it('is the one that autostart wants', () => {
    expect(autostartEntry(loginCommand(packaged), '/home/me/.local/share/gleaner')).toBe(
      `[Desktop Entry]
Type=Application
Version=1.4
Name=Gleaner
Terminal=false
Icon=gleaner
Exec=/opt/Gleaner/gleaner --hidden
StartupNotify=false
X-Gleaner-Data=/home/me/.local/share/gleaner
`,
    );
  });

  it('of a package takes links', () => {
    const lines = applicationEntry(['/opt/Gleaner/gleaner']).split('\n');
    expect(lines).toContain('Exec=/opt/Gleaner/gleaner %u');
    expect(lines).toContain('MimeType=x-scheme-handler/gleaner;');
  });

  it('knows its own', () => {
    const entry = autostartEntry(['/x'], '/data');
    expect(readEntry(entry, '/data')).toEqual({ isOwn: true, isTurnedOff: false });
    expect(readEntry(entry, '/dat').isOwn).toBe(false);
    expect(readEntry(`${entry}Hidden=true\n`, '/data')).toEqual({ isOwn: true, isTurnedOff: true });
    expect(readEntry(`${entry}X-GNOME-Autostart-enabled=false\n`, '/data').isTurnedOff).toBe(true);
  });
});

describe('the command at login', () => {
  it.each([
    ['packaged', packaged, ['/opt/Gleaner/gleaner', '--hidden']],
    [
      'an AppImage, by its file and not by its mount',
      { ...packaged, execPath: '/tmp/.mount_x/gleaner', appImage: '/home/me/Gleaner.AppImage' },
      ['/home/me/Gleaner.AppImage', '--hidden'],
    ],
    [
      'a checkout',
      { ...packaged, execPath: '/e/electron', appPath: '/src/gleaner', appImage: '/other.AppImage' },
      ['/e/electron', '/src/gleaner', '--hidden'],
    ],
    [
      'another data folder, and root',
      { ...packaged, appPath: '/src', switches: ['--no-sandbox'], home: '/tmp/g' },
      ['env', 'GLEANER_HOME=/tmp/g', '/opt/Gleaner/gleaner', '--no-sandbox', '/src', '--hidden'],
    ],
  ])('is as this run was started: %s', (_what, run, argv) => {
    expect(loginCommand(run)).toEqual(argv);
  });

  it('lies where the desktop looks', () => {
    expect(autostartDir({}, '/home/me')).toBe('/home/me/.config/autostart');
    expect(autostartDir({ XDG_CONFIG_HOME: '/c' }, '/home/me')).toBe('/c/autostart');
    expect(autostartDir({ XDG_CONFIG_HOME: 'relative' }, '/home/me')).toBe('/home/me/.config/autostart');
  });

  it.each([
    [[String.raw`C:\Gleaner\gleaner.exe`, '--hidden'], String.raw`C:\Gleaner\gleaner.exe --hidden`],
    [
      [String.raw`C:\Program Files\Gleaner\gleaner.exe`, '--hidden'],
      String.raw`"C:\Program Files\Gleaner\gleaner.exe" --hidden`,
    ],
    [['x', 'a b\\'], String.raw`x "a b\\"`],
    [['x', String.raw`a\"b`], String.raw`x "a\\\"b"`],
  ])('is a value of the Run key on Windows: %j', (argv, data) => {
    expect(runKeyValue(argv)).toEqual({ name: 'Gleaner', data });
  });

  it('is taken apart on Windows as it was put together', () => {
    fc.assert(
      fc.property(fc.array(printable, { minLength: 1, maxLength: 5 }), (argv) => {
        expect(windowsWords(runKeyValue(argv).data)).toEqual(argv);
      }),
    );
  });

  it('is the app itself on macOS', () => {
    expect(loginItem(true)).toEqual({ openAtLogin: true, type: 'mainAppService' });
  });
});

describe('Autostart', () => {
  let top = '';
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'gl-auto-'));
  });
  afterEach(() => {
    rmSync(top, { recursive: true, force: true });
  });

  function begin(platform: NodeJS.Platform = 'linux', run: Run = packaged) {
    const dir = join(top, 'config', 'autostart');
    const path = join(dir, 'gleaner.desktop');
    const failures: (Failure | null)[] = [];
    const autostart = new Autostart({
      platform,
      run,
      dir,
      dataDir: '/data',
      onFailure: (failure) => failures.push(failure),
    });
    const follow = async (wanted: boolean): Promise<void> => {
      autostart.follow(wanted);
      await autostart.dispose();
    };
    const lay = (text: string): void => {
      mkdirSync(dir, { recursive: true });
      writeFileSync(path, text);
    };
    return { dir, path, failures, autostart, follow, lay, text: () => readFileSync(path, 'utf8') };
  }

  it('writes the entry when it is turned on, and takes it away', async () => {
    const { dir, path, failures, follow, text } = begin();
    await follow(false);
    expect(existsSync(dir)).toBe(false);
    await follow(true);
    expect(text()).toBe(autostartEntry(['/opt/Gleaner/gleaner', '--hidden'], '/data'));
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(readdirSync(dir)).toEqual(['gleaner.desktop']);
    await follow(false);
    expect(readdirSync(dir)).toEqual([]);
    expect(failures).toEqual([null, null, null]);
  });

  it('ends with the last of many wishes', async () => {
    const { path, autostart, follow } = begin();
    for (const wanted of [true, false, true, false]) autostart.follow(wanted);
    await follow(true);
    expect(existsSync(path)).toBe(true);
  });

  it('mends an entry of its own that starts what is gone', async () => {
    const { lay, follow, text } = begin();
    lay(autostartEntry(['/old/gleaner', '--hidden'], '/data'));
    await follow(true);
    expect(text()).toContain('Exec=/opt/Gleaner/gleaner --hidden');
  });

  it('leaves what the person turned off in the desktop’s settings, until it is asked for anew', async () => {
    const off = `${autostartEntry(['/opt/Gleaner/gleaner', '--hidden'], '/data')}Hidden=true\n`;
    const { lay, follow, text } = begin();
    lay(off);
    await follow(true);
    expect(text()).toBe(off);
    await follow(false);
    await follow(true);
    expect(text()).not.toContain('Hidden=true');
  });

  it('touches no foreign entry, and says so', async () => {
    const foreign = '[Desktop Entry]\nName=Gleaner of wheat\n';
    const { lay, follow, text, failures } = begin();
    lay(foreign);
    await follow(false);
    await follow(true);
    expect(text()).toBe(foreign);
    expect(failures.map((failure) => failure?.code)).toEqual([undefined, 'storage-failed']);
    await follow(false);
    expect(text()).toBe(foreign);
    expect(failures.at(-1)).toBeNull();
  });

  it('leaves the entry of another host alone', async () => {
    const other = autostartEntry(['/x'], '/elsewhere');
    const { lay, follow, text } = begin();
    lay(other);
    await follow(true);
    await follow(false);
    expect(text()).toBe(other);
  });

  it('says what the file system says', async () => {
    writeFileSync(join(top, 'config'), 'no folder');
    const { follow, failures } = begin();
    await follow(true);
    expect(failures[0]?.code).toBe('internal');
  });

  it.each(['win32', 'darwin'] as const)(
    'is not ready on %s, which only matters when it is wanted',
    async (platform) => {
      const { follow, failures } = begin(platform);
      await follow(false);
      await follow(true);
      expect(failures.map((failure) => failure?.code)).toEqual([undefined, 'platform-not-ready']);
    },
  );
});
