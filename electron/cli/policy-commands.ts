import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { PolicyReport } from '../contract/policy.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, tellIfNotRunning, withDoor } from './context.ts';
import { addProfileCheck } from './policy-check.ts';
import { readText } from './read-text.ts';
import { showReport, showSettings, showSteps } from './show-policy.ts';

/** A day in which something is told every second, in bytes. */
const maxTraceBytes = 16 * 1024 * 1024;

/** `policy show|explain|simulate|check`. */
export function addPolicyCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const policy = program.command('policy').description('the rules in force, and what they allow now');
  adder.add<CommonOptions>(policy, {
    usage: 'show',
    summary: 'every rule in force, and who set it',
    json: 'answer with {"preset", "organization", "settings"} on stdout',
    examples: ['gleaner policy show', 'gleaner policy show --json | jq .organization'],
    run: async ({ json = false }) => {
      const { preset, organization, settings } = await explain(context);
      await print(io, json, { preset, organization, settings }, (value) =>
        showSettings(value.settings, value.organization, lookOf(context)),
      );
      return undefined;
    },
  });
  adder.add<CommonOptions>(policy, {
    usage: 'explain',
    summary: 'why it works now, or does not: all reasons and every signal',
    examples: ['gleaner policy explain', 'gleaner policy explain --json | jq .allowance.reasons'],
    run: async ({ json = false }) => {
      const { report, isRunning } = await withDoor(context, async (door) => {
        tellIfNotRunning(io, json, door);
        return { report: await door.call('policy.explain', {}), isRunning: door.isRunning };
      });
      await print(io, json, report, (value) => showReport(value, lookOf(context), isRunning));
      return undefined;
    },
  });
  adder.add<CommonOptions>(policy, {
    usage: 'simulate <TRACE>',
    summary: 'what the rules in force would decide along a trace of signals; changes nothing',
    examples: ['gleaner policy simulate day.jsonl', 'gleaner policy simulate - --json < day.jsonl'],
    run: async ({ json = false }, file = '') => {
      const text = await readText(file, maxTraceBytes);
      const { parseTrace, simulate } = await import('../policy/simulate.ts');
      const trace = parseTrace(text);
      const steps = simulate(trace, await policyOf(await explain(context)));
      await print(io, json, steps, (value) => showSteps(value, lookOf(context)));
      return undefined;
    },
  });
  addProfileCheck(policy, adder, context);
}

async function explain(context: Context): Promise<PolicyReport> {
  return await withDoor(context, async (door) => await door.call('policy.explain', {}));
}

/** The rules that a host told of, as `decide` takes them. */
async function policyOf({ settings, organization, allowance }: PolicyReport) {
  const { effectiveFromList } = await import('../settings/layers.ts');
  const broken = allowance.reasons.find(({ code }) => code === 'profile-broken');
  const effective = effectiveFromList(
    settings,
    organization,
    broken ? { code: 'profile-broken', sentence: broken.words } : null,
  );
  const vcpus = effective.values['vm.vcpus'] ?? Math.max(1, Math.floor(availableParallelism() / 2));
  return { effective, vcpus, narrowing: null };
}
