import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import type { SettingsDocument } from '../contract/settings.ts';
import type { CheckedProfile, ProfileKind } from '../settings/profiles/check.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print } from './context.ts';
import type { Ending } from './exit.ts';
import { readText } from './read-text.ts';
import { type CheckedFile, type ProfileReport, showCheckedProfile } from './show-profile.ts';

interface CheckOptions extends CommonOptions {
  readonly as?: ProfileKind;
  readonly with?: string;
}

/** As much as a host reads, in bytes. */
const profileMax = 256 * 1024;

/** `policy check`: works on files alone, and needs no host. */
export function addProfileCheck(policy: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<CheckOptions>(policy, {
    usage: 'check <FILE>',
    summary:
      'whether an organization’s profile can be used, before it is rolled out, and what computers would do by it',
    options: (command) =>
      command
        .addOption(
          new Option(
            '--as <KIND>',
            'what it is to be; else by its name, and locked if that says nothing',
          ).choices(['defaults', 'locked']),
        )
        .option('--with <FILE>', 'the profile of the other kind that computers have beside it'),
    examples: [
      'gleaner policy check locked.json',
      'gleaner policy check org.gleaner.Gleaner.profile.defaults.plist --with locked.json',
      'gleaner policy check - --as locked --json < locked.json | jq .findings',
    ],
    run: async ({ json = false, as: asked, with: beside }, file = ''): Promise<Ending | undefined> => {
      if (file === '-' && beside === '-')
        throw new GleanerError('bad-request', 'Only one of the two profiles can be read from stdin.');
      const kind = asked ?? kindOf(file);
      const own = await checkFile(file, kind);
      const besides =
        beside === undefined ? null : await checkFile(beside, kind === 'locked' ? 'defaults' : 'locked');
      const report = await reportOf(own, besides, io.now());
      await print(io, json, report, (value) => showCheckedProfile(value, lookOf(context)));
      return report.usable && report.besides?.usable !== false ? undefined : 'failed';
    },
  });
}

function kindOf(file: string): ProfileKind {
  const name = file.split(/[\\/]/).at(-1) ?? '';
  return /defaults/i.test(name) ? 'defaults' : 'locked';
}

interface Checked extends CheckedProfile {
  readonly file: string;
  readonly kind: ProfileKind;
}

async function checkFile(file: string, kind: ProfileKind): Promise<Checked> {
  const [{ checkProfile, fault }, { parsePlist }, { documentFromFlat }] = await Promise.all([
    import('../settings/profiles/check.ts'),
    import('../settings/profiles/macos.ts'),
    import('../settings/profiles/flat.ts'),
  ]);
  const text = await readText(file, profileMax);
  const checked = (found: CheckedProfile): Checked => ({ file, kind, ...found });
  const unreadable = (words: string): Checked => checked({ document: null, findings: [fault('', words)] });
  if (/^\s*<(\?xml|!DOCTYPE|plist)/.test(text)) {
    const flat = await parsePlist(Buffer.from(text));
    return flat === null
      ? unreadable('It is not a property list')
      : checked(checkProfile(documentFromFlat(flat), kind));
  }
  try {
    return checked(checkProfile(JSON.parse(text), kind));
  } catch (error) {
    // The parser's own words repeat what stands there, which may be an account's key.
    const [where = ''] = /\(line \d+ column \d+\)/.exec(String(error)) ?? [];
    return unreadable(`It is not JSON ${where}`.trimEnd());
  }
}

async function reportOf(own: Checked, besides: Checked | null, now: number): Promise<ProfileReport> {
  const organization = own.document?.organization ?? besides?.document?.organization ?? null;
  const known = { ...told(own), besides: besides === null ? null : told(besides), organization };
  if (own.document === null || besides?.document === null) return { ...known, settings: [], situations: [] };
  const [defaults, locked] = own.kind === 'defaults' ? [own, besides] : [besides, own];
  return {
    ...known,
    ...(await outcome(defaults?.document ?? undefined, locked?.document ?? undefined, now)),
  };
}

function told({ file, kind, document, findings }: Checked): CheckedFile {
  return { file, kind, usable: document !== null, findings };
}

async function outcome(
  defaults: SettingsDocument | undefined,
  locked: SettingsDocument | undefined,
  now: number,
): Promise<Pick<ProfileReport, 'settings' | 'situations'>> {
  const [{ effectiveList, mergeLayers }, { situationsOf }] = await Promise.all([
    import('../settings/layers.ts'),
    import('../policy/situations.ts'),
  ]);
  const effective = mergeLayers({ defaults, locked, problems: [] });
  const vcpus = effective.values['vm.vcpus'] ?? Math.max(1, Math.floor(availableParallelism() / 2));
  return {
    settings: effectiveList(effective).filter(({ source }) => source !== 'built-in'),
    situations: situationsOf({ effective, vcpus, narrowing: null }, now).map(({ situation, allowance }) => ({
      situation,
      share: allowance.share,
      network: allowance.network,
      reason: allowance.share === 1 ? '' : allowance.reason,
    })),
  };
}
