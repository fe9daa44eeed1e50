import type { Command } from 'commander';
import { z } from 'zod';
import { GleanerError } from '../contract/failures.ts';
import { type EffectiveSetting, SettingKey } from '../contract/settings.ts';
import { unknownSetting } from '../settings/nearest-key.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, withDoor } from './context.ts';
import type { Door } from './door.ts';
import { readText } from './read-text.ts';
import { howToType, parseSettingInput } from './setting-input.ts';
import { showImport, showSetting, showSettingHelp, showSettings } from './show-policy.ts';

interface ImportOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

/** What the contract takes of a foreign file, in bytes. */
const maxImportBytes = 256 * 1024;

/** `settings list|get|set|unset|import-boinc`. */
export function addSettingsCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const settings = program
    .command('settings')
    .description('what you want; docs/settings.md tells of every key');
  adder.add<CommonOptions>(settings, {
    usage: 'list',
    summary: 'every value in force, and where it comes from',
    examples: [
      'gleaner settings list',
      `gleaner settings list --json | jq '.[] | select(.source == "locked")'`,
    ],
    run: async ({ json = false }) => {
      const { told: list, organization } = await asking(context, (door) => door.call('settings.list', {}));
      await print(io, json, list, (value) => showSettings(value, organization, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(settings, {
    usage: 'get <KEY>',
    summary: 'one value in force, what it does and what it may hold',
    examples: ['gleaner settings get idle.share', 'gleaner settings get preset --json'],
    run: async ({ json = false }, given = '') => {
      const { told: list, organization } = await asking(context, (door) => door.call('settings.list', {}));
      const found = list.find(({ key }) => key === given);
      if (!found) throw unknownSetting(given);
      await print(io, json, found, (value) => showSettingHelp(value, organization, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(settings, {
    usage: 'set <KEY> <VALUE>',
    summary: 'set a value of yours; VALUE is written as it is shown ("settings get KEY" tells), or as JSON',
    examples: [
      'gleaner settings set preset gentle',
      'gleaner settings set inUse.share 10%',
      'gleaner settings set idle.afterSeconds "3 min"',
      'gleaner settings set network.quotaDayBytes "2 GB"',
      'gleaner settings set pauseOn.programs "blender, zoom"',
      'gleaner settings set schedule.windows "mon-fri 22:00-06:00; sat,sun 00:00-24:00"',
      'gleaner settings set pauseOn.load never',
    ],
    run: async ({ json = false }, key = '', text = '') => {
      const value = valueOf(key, text);
      const { told: now, organization } = await asking(context, (door) =>
        door.call('settings.set', { key, value }).catch(withHowToType(key)),
      );
      await print(io, json, now, (setting) => showSetting(setting, organization, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(settings, {
    usage: 'unset <KEY>',
    summary: 'take your value away, so that the default counts',
    examples: ['gleaner settings unset inUse.share'],
    run: async ({ json = false }, key = '') => {
      const { told: now, organization } = await asking(context, (door) =>
        door.call('settings.unset', { key }),
      );
      await print(io, json, now, (setting) => showSetting(setting, organization, lookOf(context)));
      return undefined;
    },
  });
  adder.add<ImportOptions>(settings, {
    usage: 'import-boinc <FILE>',
    summary: "take what has an equal out of BOINC's global_prefs.xml or global_prefs_override.xml",
    options: (command) => command.option('--dry-run', 'only tell what would become of each field'),
    examples: [
      'gleaner settings import-boinc /var/lib/boinc-client/global_prefs_override.xml --dry-run',
      'gleaner settings import-boinc - < global_prefs.xml',
    ],
    run: async ({ json = false, dryRun = false }, file = '') => {
      const xml = await readText(file, maxImportBytes);
      const report = await withDoor(
        context,
        async (door) => await door.call('settings.import-boinc', { xml, dryRun }),
      );
      await print(io, json, report, (value) => showImport(value, dryRun, lookOf(context)));
      return undefined;
    },
  });
}

/** What the host answers, and who set what an administrator did: asked only where there is such a value. */
async function asking<T extends EffectiveSetting | readonly EffectiveSetting[]>(
  context: Context,
  ask: (door: Door) => Promise<T>,
): Promise<{ readonly told: T; readonly organization: string | null }> {
  return await withDoor(context, async (door) => {
    const told = await ask(door);
    const isNamed = [told].flat().some(({ source }) => source === 'locked' || source === 'default');
    const organization = isNamed ? (await door.call('policy.explain', {})).organization : null;
    return { told, organization };
  });
}

/** An unknown key is the host's to refuse. */
function valueOf(key: string, text: string): z.infer<ReturnType<typeof z.json>> {
  const known = SettingKey.safeParse(key).data;
  return known === undefined ? text : z.json().parse(parseSettingInput(known, text));
}

/** Adds to the refusal of a value what may be typed. */
function withHowToType(key: string): (error: unknown) => never {
  return (error) => {
    const known = SettingKey.safeParse(key).data;
    if (known === undefined || !(error instanceof GleanerError) || error.code !== 'setting-invalid')
      throw error;
    const hint = [error.hint, howToType(known)].filter((part) => part !== undefined).join(' ');
    throw new GleanerError(error.code, error.message, hint, { cause: error });
  };
}
