import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CatalogUrl, PoolDomain, type PoolPlace, PoolTariff, PoolUnit } from '../contract/pool.ts';
import type { CommandAdder } from './command.ts';
import { type CommonOptions, type Context, print, UsageError } from './context.ts';
import { addPoolHostCommands } from './pool-host-commands.ts';
import { by, poolPlace, price, rootKeyOption, several } from './pool-options.ts';
import { addPoolStatementCommand } from './pool-statement-command.ts';
import { addPoolTermsCommands } from './pool-terms-commands.ts';
import { showNextSteps, showRefreshed } from './show-pool.ts';
import { cleanLine, count, formatBytes } from './text.ts';

interface InitOptions extends CommonOptions {
  readonly pool: string;
  readonly name: string;
  readonly collector: PoolPlace;
  readonly submit?: readonly PoolPlace[];
  readonly catalogUrl: string;
  readonly unit: string;
  readonly coreHour: number;
  readonly gibHour: number;
  readonly rootKey?: string;
}

interface RootKeyOptions extends CommonOptions {
  readonly rootKey?: string;
}

interface RotateOptions extends RootKeyOptions {
  readonly role?: readonly Role[];
  readonly newRootKey?: string;
}

interface PublishOptions extends RootKeyOptions {
  readonly to?: string;
  readonly thorough?: boolean;
}

const roleNames = ['root', 'targets', 'snapshot', 'timestamp', 'statements'] as const;
type Role = (typeof roleNames)[number];

/** `pool …`: what an administrator does on the pool's side; no host is asked. */
export function addPoolCommands(program: Command, adder: CommandAdder, context: Context): void {
  const pool = program
    .command('pool')
    .description(
      "run a company's HTCondor pool of such computers: for its administrator, on a machine of the pool",
    );
  addInit(pool, adder, context);
  addPoolHostCommands(pool, adder, context);
  addPoolTermsCommands(pool, adder, context);
  addPoolStatementCommand(pool, adder, context);
  addCare(pool, adder, context);
}

function addInit(pool: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<InitOptions>(pool, {
    usage: 'init <DIR>',
    summary: "make a pool's folder: keys, an open policy, a tariff, HTCondor's configuration",
    options: (command) =>
      command
        .requiredOption('--pool <DOMAIN>', "HTCondor's trust domain, which names the pool", by(PoolDomain))
        .requiredOption('--name <NAME>', 'what people see')
        .requiredOption('--collector <ADDRESS>', 'the central manager, ADDRESS[:9618]', poolPlace)
        .addOption(
          new Option(
            '--submit <ADDRESS>',
            'a submit node, if it is another machine; several times',
          ).argParser(several(poolPlace)),
        )
        .requiredOption('--catalog-url <URL>', 'where hosts will read what is published', by(CatalogUrl))
        .option('--unit <UNIT>', 'what is paid in: a currency, or points', by(PoolUnit), 'points')
        .option('--core-hour <N>', 'paid per core and hour', price, 1)
        .option('--gib-hour <N>', 'paid per GiB of memory and hour', price, 0)
        .option('--root-key <FILE>', 'put the root key there instead of into the folder of keys'),
    examples: [
      'gleaner pool init /srv/gleaner-pool --pool pool.example.org --name "Example Inc." \\',
      '    --collector 10.1.2.3 --catalog-url https://pool.example.org/gleaner/',
      'gleaner pool init DIR … --unit EUR --core-hour 0.02 --gib-hour 0.004 --root-key /media/stick/root.pem',
    ],
    run: async ({ json = false, ...given }, dir = '') => {
      const [{ initCatalog }, { CatalogState }] = await Promise.all([
        import('../pool/init.ts'),
        import('../pool/state.ts'),
      ]);
      const name = given.name.trim();
      if (name === '' || name.length > 80)
        throw new UsageError('--name must have 1 to 80 characters.', 'Say --name "Example Inc."');
      const state = CatalogState.parse({
        schema: 1,
        pool: given.pool,
        name,
        collector: given.collector,
        submits: given.submit ?? [],
        catalogUrl: given.catalogUrl,
        expiryDays: {},
      });
      const tariff = PoolTariff.parse({
        schema: 1,
        pool: given.pool,
        version: 1,
        unit: given.unit,
        perCoreHour: given.coreHour,
        perGibHour: given.gibHour,
      });
      const rootKey = given.rootKey === undefined ? {} : { rootKeyPath: resolve(given.rootKey) };
      await initCatalog(dir, { state, tariff, ...rootKey }, io.now());
      const made = { dir: resolve(dir), pool: state.pool, rootKey: given.rootKey ?? null };
      await print(io, json, made, () => showNextSteps(made.dir, state, given.rootKey));
      return undefined;
    },
  });
}

function addCare(pool: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<RootKeyOptions>(pool, {
    usage: 'refresh <DIR>',
    summary: 'sign anew what hosts would take for outdated: every few days, by a timer',
    options: (command) => command.addOption(rootKeyOption()),
    examples: [
      'gleaner pool refresh /srv/gleaner-pool',
      'gleaner pool refresh DIR && gleaner pool publish DIR --to /var/www/gleaner',
    ],
    run: async ({ json = false, rootKey }, dir = '') => {
      const { changeCatalog } = await import('../pool/catalog.ts');
      const times = await changeCatalog(
        dir,
        () => io.now(),
        async (catalog) => {
          await catalog.commit({}, rootKey);
          const { root, targets, statements, snapshot, timestamp } = catalog.current;
          return {
            root: root.expires,
            targets: targets.expires,
            statements: statements.expires,
            snapshot: snapshot.expires,
            timestamp: timestamp.expires,
          };
        },
      );
      await print(io, json, times, (value) => showRefreshed(value, io.now()));
      return undefined;
    },
  });
  adder.add<RotateOptions>(pool, {
    usage: 'rotate-keys <DIR>',
    summary: 'give roles new keys; hosts follow by themselves, and the old keys sign along for two weeks',
    options: (command) =>
      command
        .addOption(
          new Option(
            '--role <ROLE>',
            `one of ${roleNames.join(', ')}; several times; else all but root`,
          ).argParser(several(roleName)),
        )
        .addOption(rootKeyOption())
        .option('--new-root-key <FILE>', 'put the new root key there instead of into the folder of keys'),
    examples: [
      'gleaner pool rotate-keys /srv/gleaner-pool --root-key /media/stick/root.pem',
      'gleaner pool rotate-keys DIR --role root --root-key OLD.pem --new-root-key NEW.pem',
    ],
    run: async ({ json = false, role, rootKey, newRootKey }, dir = '') => {
      const { changeCatalog } = await import('../pool/catalog.ts');
      const which = [...new Set(role ?? roleNames.filter((name) => name !== 'root'))];
      const version = await changeCatalog(
        dir,
        () => io.now(),
        async (catalog) => {
          await catalog.rotate(which, rootKey, newRootKey && resolve(newRootKey));
          return catalog.current.root.version;
        },
      );
      await print(
        io,
        json,
        { roles: which, rootVersion: version },
        () =>
          `New keys for ${which.join(', ')}; the root is now number ${version}.\nHosts see it once it is published: gleaner pool publish ${cleanLine(dir)} --to FOLDER`,
      );
      return undefined;
    },
  });
  adder.add<PublishOptions>(pool, {
    usage: 'publish <DIR>',
    summary: "check everything, sign anew what is due, and copy what is public to a web server's folder",
    options: (command) =>
      command
        .option('--to <FOLDER>', "the web server's folder; without it nothing is copied")
        .option('--thorough', 'read the statement of every host, too')
        .addOption(rootKeyOption()),
    examples: [
      'gleaner pool publish /srv/gleaner-pool --to /var/www/gleaner',
      'gleaner pool publish DIR --json',
    ],
    run: async ({ json = false, to, thorough = false, rootKey }, dir = '') => {
      const [{ changeCatalog }, { checkCatalog, copyPublic }] = await Promise.all([
        import('../pool/catalog.ts'),
        import('../pool/publish.ts'),
      ]);
      const done = await changeCatalog(
        dir,
        () => io.now(),
        async (catalog) => {
          const checked = await checkCatalog(catalog, thorough);
          const signedAnew = catalog.isDue();
          if (signedAnew) await catalog.commit({}, rootKey);
          return {
            ...checked,
            signedAnew,
            copied: to === undefined ? null : await copyPublic(catalog, resolve(to)),
          };
        },
      );
      await print(io, json, done, ({ policy, tariff, periods, signedAnew, copied }) =>
        [
          `Everything fits: policy ${policy}, tariff ${tariff}, statements of ${count(periods, 'period')}.`,
          signedAnew ? 'Signed anew what was due.' : null,
          copied === null
            ? `Nothing was copied: serve ${cleanLine(dir)}/public, or name a folder with --to.`
            : `Copied ${count(copied.files, 'file')} (${formatBytes(copied.bytes)}) to ${cleanLine(to ?? '')}.`,
        ]
          .filter((line) => line !== null)
          .join('\n'),
      );
      return undefined;
    },
  });
}

function roleName(text: string): Role {
  const role = roleNames.find((name) => name === text);
  if (role !== undefined) return role;
  throw new InvalidArgumentError(`It must be one of ${roleNames.join(', ')}.`);
}
