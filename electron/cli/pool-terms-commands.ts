import { type Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { catalogTargets, PoolPolicy, PoolTariff, PoolUnit } from '../contract/pool.ts';
import { type CommandAdder, wholeNumber } from './command.ts';
import { type CommonOptions, type Context, print, UsageError } from './context.ts';
import { by, duration, groupFactor, orNone, percent, price, several, size } from './pool-options.ts';
import { showChanges, showPoolPolicy, showPoolTariff } from './show-pool-terms.ts';
import { cleanLine } from './text.ts';

interface PolicyOptions extends CommonOptions {
  readonly share?: number;
  readonly vcpus?: number | 'none';
  readonly memory?: number | 'none';
  readonly run?: boolean;
  readonly lease?: number;
  readonly vacate?: number;
}

interface TariffOptions extends CommonOptions {
  readonly coreHour?: number;
  readonly gibHour?: number;
  readonly unit?: string;
  readonly priority?: readonly { readonly group: string; readonly factor: number | null }[];
  readonly latePenalty?: number;
}

/** `pool policy show|set`, `pool tariff show|set`. */
export function addPoolTermsCommands(pool: Command, adder: CommandAdder, context: Context): void {
  addPolicy(pool.command('policy').description('what the pool asks of all its computers'), adder, context);
  addTariff(pool.command('tariff').description('what the pool pays for, and how much'), adder, context);
}

function addPolicy(policy: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<CommonOptions>(policy, {
    usage: 'show <DIR>',
    summary: 'the policy as it is published in the folder',
    examples: [
      'gleaner pool policy show /srv/gleaner-pool',
      'gleaner pool policy show DIR --json | jq .policy.share',
    ],
    run: async ({ json = false }, dir = '') => {
      const { readCatalog } = await import('../pool/catalog.ts');
      const { version, value } = await (await readCatalog(dir, () => io.now())).policy();
      await print(io, json, { version, policy: value }, () => showPoolPolicy(version, value));
      return undefined;
    },
  });
  adder.add<PolicyOptions>(policy, {
    usage: 'set <DIR>',
    summary: 'change it; it can only narrow what the people and administrators of the computers allow',
    options: (command) =>
      command
        .option('--share <PERCENT>', "of a VM's CPU time at most", percent)
        .option('--vcpus <N>', 'at most so many in a VM, or none for no bound', orNone(wholeNumber(1, 64)))
        .option('--memory <SIZE>', 'at most so much in a VM, or none for no bound', orNone(size))
        .addOption(new Option('--run <ON|OFF>', 'off: no computer works for the pool').argParser(onOff))
        .option(
          '--lease <DURATION>',
          'how long a computer may be silent before its job starts elsewhere',
          duration,
        )
        .option('--vacate <DURATION>', 'what a job gets to write its checkpoint', duration),
    examples: [
      'gleaner pool policy set /srv/gleaner-pool --share 50% --memory "4 GiB"',
      'gleaner pool policy set DIR --run off',
    ],
    run: async ({ json = false, ...given }, dir = '') => {
      const [{ changeCatalog }, { setPolicy }] = await Promise.all([
        import('../pool/catalog.ts'),
        import('../pool/revoke.ts'),
      ]);
      const done = await changeCatalog(
        dir,
        () => io.now(),
        async (catalog) => {
          const before = await catalog.policy();
          const after = needBounds(PoolPolicy, {
            ...before.value,
            ...(given.share === undefined ? {} : { share: given.share }),
            ...(given.vcpus === undefined ? {} : { vcpus: bound(given.vcpus) }),
            ...(given.memory === undefined ? {} : { memoryBytes: bound(given.memory) }),
            ...(given.run === undefined ? {} : { run: given.run }),
            ...(given.lease === undefined ? {} : { leaseSeconds: given.lease }),
            ...(given.vacate === undefined ? {} : { vacateSeconds: given.vacate }),
          });
          if (isSame(before.value, after)) return { version: before.version, before: before.value, after };
          return { version: await setPolicy(catalog, after), before: before.value, after };
        },
      );
      const isLease = done.before.leaseSeconds !== done.after.leaseSeconds;
      await print(io, json, done, ({ version, before, after }) =>
        [
          showChanges(`policy ${version}`, showPoolPolicy(version, before), showPoolPolicy(version, after)),
          ...(isLease
            ? [
                'condor/90-gleaner.conf has the new lease: copy it to the machines of the pool, and run "condor_reconfig".',
              ]
            : []),
          toPublish(dir),
        ].join('\n'),
      );
      return undefined;
    },
  });
}

function addTariff(tariff: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<CommonOptions>(tariff, {
    usage: 'show <DIR>',
    summary: 'the tariff as it is published in the folder, and since when it counts',
    examples: [
      'gleaner pool tariff show /srv/gleaner-pool',
      'gleaner pool tariff show DIR --json | jq .tariffs',
    ],
    run: async ({ json = false }, dir = '') => {
      const { readCatalog } = await import('../pool/catalog.ts');
      const catalog = await readCatalog(dir, () => io.now());
      const { value } = await catalog.tariff();
      const tariffs = await catalog.tariffs();
      await print(io, json, { tariff: value, tariffs }, () => showPoolTariff(value, tariffs));
      return undefined;
    },
  });
  adder.add<TariffOptions>(tariff, {
    usage: 'set <DIR>',
    summary: 'change it from now on; what ended before is charged as it was',
    options: (command) =>
      command
        .option('--core-hour <N>', 'paid per core and hour', price)
        .option('--gib-hour <N>', 'paid per GiB of memory and hour', price)
        .option('--unit <UNIT>', 'what is paid in: a currency, or points', by(PoolUnit))
        .addOption(
          new Option(
            '--priority <GROUP=FACTOR>',
            'times the price for jobs of this accounting group; FACTOR none takes it out; several times',
          ).argParser(several(groupFactor)),
        )
        .option('--late-penalty <PERCENT>', 'not paid of a job that ends after its GleanerDeadline', percent),
    examples: [
      'gleaner pool tariff set /srv/gleaner-pool --core-hour 0.02 --gib-hour 0.004',
      'gleaner pool tariff set DIR --priority group_urgent=2 --late-penalty 20%',
    ],
    run: async ({ json = false, ...given }, dir = '') => {
      const [{ changeCatalog }, { documentBytes }] = await Promise.all([
        import('../pool/catalog.ts'),
        import('../pool/init.ts'),
      ]);
      const done = await changeCatalog(
        dir,
        () => io.now(),
        async (catalog) => {
          const { value: before } = await catalog.tariff();
          const next = needBounds(PoolTariff, {
            ...before,
            ...(given.coreHour === undefined ? {} : { perCoreHour: given.coreHour }),
            ...(given.gibHour === undefined ? {} : { perGibHour: given.gibHour }),
            ...(given.unit === undefined ? {} : { unit: given.unit }),
            ...(given.latePenalty === undefined ? {} : { latePenalty: given.latePenalty }),
            priority: withGroups(before.priority, given.priority ?? []),
          });
          if (isSame(before, next)) return { before, after: before };
          const after = { ...next, version: before.version + 1 };
          await catalog.keepTariff({ from: io.now(), tariff: after });
          await catalog.commit({
            targets: [{ path: catalogTargets.tariff, bytes: documentBytes(after), version: after.version }],
          });
          return { before, after };
        },
      );
      await print(io, json, done, ({ before, after }) =>
        [
          showChanges(`tariff ${after.version}`, showPoolTariff(before, []), showPoolTariff(after, [])),
          toPublish(dir),
        ].join('\n'),
      );
      return undefined;
    },
  });
}

const bound = (value: number | 'none'): number | null => (value === 'none' ? null : value);

const toPublish = (dir: string): string =>
  `Hosts see it once it is published: gleaner pool publish ${cleanLine(dir)} --to FOLDER`;

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function withGroups(
  before: PoolTariff['priority'],
  changes: readonly { readonly group: string; readonly factor: number | null }[],
): PoolTariff['priority'] {
  const factors = new Map(before.map(({ group, factor }) => [group, factor]));
  for (const { group, factor } of changes) {
    if (factor === null) factors.delete(group);
    else factors.set(group, factor);
  }
  return [...factors].map(([group, factor]) => ({ group, factor }));
}

/** As the contract bounds it. @throws UsageError */
function needBounds<T>(schema: z.ZodType<T>, value: unknown): T {
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  throw new UsageError(
    `${String(issue?.path[0] ?? 'A value')} is out of its bounds: ${issue?.message ?? 'not right'}.`,
    'See "gleaner pool policy set --help" and docs/pool.md.',
  );
}

function onOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('It must be on or off.');
}
