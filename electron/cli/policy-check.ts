import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { SettingsDocument } from '../contract/settings.ts';
import type { CheckedProfile, ProfileKind } from '../settings/profiles/check.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print } from './context.ts';
import type { Ending } from './exit.ts';
import { readText } from './read-text.ts';
import { type ProfileReport, showCheckedProfile } from './show-profile.ts';

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
      const kind = asked ?? kindOf(file);
      const checked = await checkFile(file, kind);
      const other: ProfileKind = kind === 'locked' ? 'defaults' : 'locked';
      const besides = beside === undefined ? null : await checkFile(beside, other);
      const report = await reportOf(file, kind, checked, besides, io.now());
      await print(io, json, report, (value) => showCheckedProfile(value, lookOf(context)));
      return report.usable ? undefined : 'failed';
    },
  });
}

function kindOf(file: string): ProfileKind {
  const name = file.split(/[\\/]/).at(-1) ?? '';
  return /defaults/i.test(name) ? 'defaults' : 'locked';
}

async function checkFile(file: string, kind: ProfileKind): Promise<CheckedProfile> {
  const [{ checkProfile, fault }, { parsePlist }, { documentFromFlat }] = await Promise.all([
    import('../settings/profiles/check.ts'),
    import('../settings/profiles/macos.ts'),
    import('../settings/profiles/flat.ts'),
  ]);
  const text = await readText(file, profileMax);
  if (/^\s*<(\?xml|!DOCTYPE|plist)/.test(text)) {
    const flat = await parsePlist(Buffer.from(text));
    if (flat === null) return { document: null, findings: [fault('', 'It is not a property list')] };
    return checkProfile(documentFromFlat(flat), kind);
  }
  try {
    return checkProfile(JSON.parse(text), kind);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { document: null, findings: [fault('', `It is not JSON: ${words}`)] };
  }
}

async function reportOf(
  file: string,
  kind: ProfileKind,
  checked: CheckedProfile,
  besides: CheckedProfile | null,
  now: number,
): Promise<ProfileReport> {
  const findings = [
    ...checked.findings,
    ...(besides?.findings ?? [])
      .filter(({ isFault }) => isFault)
      .map((finding) => ({ ...finding, words: `In the profile beside it: ${finding.words}` })),
  ];
  const usable = findings.every(({ isFault }) => !isFault);
  const { document } = checked;
  const organization = document?.organization ?? besides?.document?.organization ?? null;
  const known = { file, kind, usable, organization, findings };
  if (!usable || document === null) return { ...known, settings: [], situations: [] };
  const [defaults, locked] =
    kind === 'defaults' ? [document, besides?.document] : [besides?.document, document];
  return { ...known, ...(await outcome(defaults ?? undefined, locked ?? undefined, now)) };
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
