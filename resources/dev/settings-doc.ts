// Writes docs/settings.md, and the README's table of the presets, out of the contract:
// `node resources/dev/settings-doc.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PathsInput, resolvePaths } from '../../electron/base/paths.ts';
import { formatSetting } from '../../electron/cli/setting-value.ts';
import { settingWords } from '../../electron/contract/setting-words.ts';
import {
  besidePresets,
  Preset,
  presetValues,
  type SettingKey,
  settingKeys,
  settingsVersion,
} from '../../electron/contract/settings.ts';

export const settingsDocPath = fileURLToPath(new URL('../../docs/settings.md', import.meta.url));

/** For a reason that a preset does not heed. */
const ignored = 'makes no difference';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const cell = (text: string): string => text.replaceAll('|', '\\|');

function valueOf(preset: Preset, key: SettingKey): string {
  return key === 'preset' ? preset : formatSetting(key, presetValues[preset][key]);
}

/** A value that a preset changes is what one looks for. */
function valuesOf(key: SettingKey): string[] {
  const values = Preset.options.map((preset) => valueOf(preset, key));
  const isSame = values.every((value) => value === values[0]);
  return values.map((value) => (isSame || key === 'preset' ? value : `**${value}**`));
}

/** Of each system, as `resolvePaths` has it. */
function places(): string[] {
  const home = '~';
  const systems: readonly (readonly [string, PathsInput])[] = [
    ['Linux', { platform: 'linux', home, uid: 1000, env: {} }],
    [
      'Linux, where `XDG_DATA_HOME` is set',
      { platform: 'linux', home, uid: 1000, env: { XDG_DATA_HOME: '$XDG_DATA_HOME' } },
    ],
    ['Linux, started by root', { platform: 'linux', home, uid: 0, env: {} }],
    ['macOS', { platform: 'darwin', home, uid: 501, env: {} }],
    ['Windows', { platform: 'win32', home, uid: undefined, env: { LOCALAPPDATA: '%LOCALAPPDATA%' } }],
  ];
  return systems.map(([name, input]) => {
    const { dataDir, settingsPath } = resolvePaths(input);
    // Written on any system, and the same on each.
    const [wrong, right] = input.platform === 'win32' ? ['/', '\\'] : ['\\', '/'];
    return row([name, ...[dataDir, settingsPath].map((place) => `\`${place.replaceAll(wrong, right)}\``)]);
  });
}

/** The whole file. */
export function settingsDoc(): string {
  const table = [
    row(['key', 'what it does', ...Preset.options]),
    row(['---', '---', ...Preset.options.map(() => '---')]),
    ...settingKeys.map((key) =>
      row([`\`${key}\``, cell(settingWords[key].about), ...valuesOf(key).map(cell)]),
    ),
  ];
  const holds = [
    row(['key', 'may hold']),
    row(['---', '---']),
    ...settingKeys.map((key) => row([`\`${key}\``, cell(settingWords[key].holds)])),
  ];
  return `<!-- Written by resources/dev/settings-doc.ts out of the contract; a test holds it to that. -->

# Settings

Every value in force comes from the highest layer that names it:

| layer | where | who writes it |
| --- | --- | --- |
| built-in | the preset \`balanced\` | |
| default | \`defaults\` profile | an administrator; the person may choose otherwise |
| user | \`settings.json\` in the [data folder](#where-the-data-folder-is), 0600 | the person: window, \`gleaner settings set\`, or an editor |
| locked | \`locked\` profile | an administrator; nobody else may change it |

A layer that names a \`preset\` speaks for all of the preset's values at its own level; keys beside it win inside the layer.
No preset speaks for ${besidePresets.map((key) => `\`${key}\``).join(', ')}: whoever means them names them.
\`gleaner policy show\` tells each value and who set it, \`gleaner policy explain\` what they allow right now.
All of these files are followed while Gleaner runs: what is written, appears or goes is in force within 2 s.

## Every threshold per preset

What differs between the presets is bold. While a reason for a freeze holds, nothing runs; see the ladder keys for what comes after.

${table.join('\n')}

## What each may hold

So it stands in files. \`gleaner settings set\` takes what the table above shows, too: \`yes\`, \`25 %\`, \`3 min\`, \`1 GiB\`, \`never\`.

${holds.join('\n')}

## Where the data folder is

| system | data folder | the person's settings |
| --- | --- | --- |
${places().join('\n')}

\`GLEANER_HOME=<folder>\` names another data folder on every system. \`settings.json\` is there once a value of yours is set.

## Files

\`settings.json\`, \`/etc/gleaner/defaults.json\` and \`/etc/gleaner/locked.json\` look alike:

\`\`\`json
{
  "version": ${settingsVersion},
  "organization": "ACME",
  "settings": {
    "preset": "gentle",
    "schedule.windows": [{ "days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "06:00" }]
  }
}
\`\`\`

\`organization\` is an administrator's, for "set by ACME". A person's file of an older version is migrated; one that cannot
be used at the start is kept aside as \`settings.json.damaged-<epoch ms>\` and reported. One that becomes unusable
while Gleaner runs changes nothing until it is mended.

## Profiles of an administrator

| system | place |
| --- | --- |
| Linux | \`/etc/gleaner/{defaults,locked}.json\` |
| macOS | \`/Library/Managed Preferences/org.gleaner.Gleaner.profile.{defaults,locked}.plist\`, then \`/Library/Preferences/…\` |
| Windows | \`HKLM\\Software\\Policies\\Gleaner\\{Defaults,Locked}\` |

A property list or registry key is flat: \`version\`, \`organization\` and the settings by their dotted keys. What it cannot say
is text: fractions in the registry (\`0.25\`), \`null\`, and schedules in their short form or as a list of such. In the
registry, whole numbers are REG_DWORD or REG_QWORD, true and false 1 and 0, lists REG_MULTI_SZ.

\`gleaner policy check FILE\` tells before it is rolled out whether a profile can be used, and what computers would do by it.
Templates are in [profiles](profiles), written out of the same source: examples and a play of Ansible for Linux; property lists, a
configuration profile and the two forms for Jamf for macOS; \`Gleaner.admx\` with its \`.adml\`, and a page for Intune, for Windows.
Editors complete and check one whose \`"$schema"\` leads to [gleaner-profile.schema.json](profiles/gleaner-profile.schema.json).

On Linux and macOS the profile and every folder above it must be root's, and nobody else may be able to write them (a
folder with the sticky bit may be open to others). A locked profile that is not, that cannot be read, that is damaged or of
another version is *broken*: nothing is contributed until it is mended or removed, and tray, window and command say
why. Defaults that cannot be used are left out and reported.

\`GLEANER_PROFILES=<folder>\` names another folder on Linux to a host that runs as root, for tests; root could write
/etc/gleaner anyway. For everybody else it has no effect, since an empty folder would lift every lock.
`;
}

export const readmePath = fileURLToPath(new URL('../../README.md', import.meta.url));
const [begin, end] = ['<!-- presets -->\n', '<!-- end of presets -->\n'];

/** What a share means for the VM. */
function rung(share: number): string {
  return share === 0 ? 'frozen' : share < 1 ? `throttled to ${Math.round(share * 100)} %` : 'full';
}

/** Rung, share and delays of each preset, for people. */
function presetTable(): string {
  const rows: readonly (readonly [string, (preset: Preset) => string])[] = [
    [
      'in use',
      (preset) => {
        const { 'inUse.share': share, 'idle.afterSeconds': seconds } = presetValues[preset];
        return `${rung(share)}, until ${formatSetting('idle.afterSeconds', seconds)} after the last input`;
      },
    ],
    ['idle', (preset) => rung(presetValues[preset]['idle.share'])],
    ['screen locked', (preset) => rung(presetValues[preset]['locked.share'])],
    ['in a call', (preset) => (presetValues[preset]['pauseOn.call'] ? 'frozen' : ignored)],
    [
      'full screen, presentation, film',
      (preset) =>
        presetValues[preset]['pauseOn.fullScreen'] && presetValues[preset]['pauseOn.presentation']
          ? 'frozen'
          : ignored,
    ],
    ['used from afar', (preset) => (presetValues[preset]['pauseOn.remoteSession'] ? 'frozen' : ignored)],
    [
      'other programs use the processor',
      (preset) => {
        const { 'pauseOn.load': load, 'pauseOn.loadSeconds': seconds } = presetValues[preset];
        return load === null
          ? ignored
          : `frozen above ${formatSetting('pauseOn.load', load)} for ${seconds} s`;
      },
    ],
    [
      'on battery',
      (preset) => {
        const above = presetValues[preset]['battery.aboveCharge'];
        return above === null ? 'frozen' : `frozen at ${formatSetting('battery.aboveCharge', above)} or less`;
      },
    ],
    [
      'goes on, when the reason is gone',
      (preset) => `after ${presetValues[preset]['resume.afterSeconds']} s`,
    ],
    [
      'saved to disk, memory returned',
      (preset) =>
        `after ${formatSetting('ladder.saveAfterSeconds', presetValues[preset]['ladder.saveAfterSeconds'])}`,
    ],
    [
      'off, only the checkpoint kept',
      (preset) =>
        `after ${formatSetting('ladder.offAfterSeconds', presetValues[preset]['ladder.offAfterSeconds'])}`,
    ],
    [
      'quiet mode',
      (preset) =>
        presetValues[preset]['quiet.enabled']
          ? `${formatSetting('quiet.temperatureC', presetValues[preset]['quiet.temperatureC'])}, else ${formatSetting('quiet.fallbackShare', presetValues[preset]['quiet.fallbackShare'])} where it cannot be read`
          : 'off',
    ],
  ];
  return [
    row(['', ...Preset.options]),
    row(['---', ...Preset.options.map(() => '---')]),
    ...rows.map(([what, says]) => row([what, ...Preset.options.map(says)])),
    '',
  ].join('\n');
}

/** The README with the table in its place. */
export function withPresetTable(readme: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error('the README has no place for the table of the presets');
  return `${readme.slice(0, from + begin.length)}\n${presetTable()}\n${readme.slice(to)}`;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(settingsDocPath, settingsDoc());
  writeFileSync(readmePath, withPresetTable(readFileSync(readmePath, 'utf8')));
}
