import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import type { PoolPlace } from '../contract/pool.ts';
import { type CommandAdder, lookOf, wholeNumber } from './command.ts';
import { type CommonOptions, type Context, print } from './context.ts';
import { poolPlace, poolTag, several } from './pool-options.ts';
import { readText } from './read-text.ts';
import { showFleet } from './show-pool.ts';
import { cleanLine, count } from './text.ts';

interface TokenOptions extends CommonOptions {
  readonly hostsFile?: string;
  readonly department?: string;
  readonly tag?: readonly string[];
  readonly days?: number;
  readonly expires: number;
  readonly collector?: PoolPlace;
  readonly out: string;
}

interface RevokeOptions extends CommonOptions {
  readonly undo?: boolean;
}

interface FleetOptions extends CommonOptions {
  readonly ads?: string;
}

/** 100,000 names, in bytes. */
const hostsFileMax = 8 * 1024 * 1024;

/** `pool add-host-token|revoke-host|fleet`. */
export function addPoolHostCommands(pool: Command, adder: CommandAdder, context: Context): void {
  addTokens(pool, adder, context);
  addRevoke(pool, adder, context);
  addFleet(pool, adder, context);
}

function addTokens(pool: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<TokenOptions>(pool, {
    usage: 'add-host-token <DIR> [HOST...]',
    summary: 'make the file by which a computer joins the pool, one for each: it holds a secret',
    options: (command) =>
      command
        .option('--hosts-file <FILE>', 'more names, one a line; - for stdin')
        .option('--department <NAME>', 'whose computers these are; statements add up by it', poolTag)
        .addOption(
          new Option('--tag <TAG>', 'what jobs may ask for; several times').argParser(several(poolTag)),
        )
        .option(
          '--days <N>',
          'how long the token is good for; else until it is revoked',
          wholeNumber(1, 3650),
        )
        .option('--expires <DAYS>', 'until when the file has to be used', wholeNumber(1, 365), 30)
        .option('--collector <ADDRESS>', 'another one than the pool has: of a collector tree', poolPlace)
        .option('--out <FOLDER>', 'where the files are put', '.'),
    examples: [
      'gleaner pool add-host-token /srv/gleaner-pool pc-0017 pc-0018 --department Sales --out tokens/',
      'gleaner pool add-host-token DIR --hosts-file estate.txt --tag gpu --out tokens/ --json',
    ],
    run: async ({ json = false, ...options }, dir = '', ...given) => {
      const [{ readCatalog }, { enrolHosts, hostNames }] = await Promise.all([
        import('../pool/catalog.ts'),
        import('../pool/enrol.ts'),
      ]);
      const listed = options.hostsFile === undefined ? '' : await readText(options.hostsFile, hostsFileMax);
      const lines = listed.split('\n').map((line) => line.replace(/#.*$/, ''));
      const hosts = hostNames([...given, ...lines]);
      const catalog = await readCatalog(dir, () => io.now());
      needNotRevoked(hosts, (await catalog.policy()).value.revoked);
      const outDir = resolve(options.out);
      await mkdir(outDir, { recursive: true, mode: 0o700 });
      const terms = {
        department: options.department ?? null,
        tags: [...new Set(options.tag ?? [])],
        tokenDays: options.days ?? null,
        collector: options.collector ?? null,
        expiresDays: options.expires,
      };
      const files = await enrolHosts(catalog, hosts, terms, outDir, io.now(), (done) => {
        tellProgress(context, done, hosts.length);
      });
      await print(
        io,
        json,
        { hosts, files },
        () =>
          `${count(files.length, 'file')} in ${cleanLine(outDir)}. Each is for one computer, and as secret as a key.\nOn that computer: gleaner grids join condor:${cleanLine(hosts[0] ?? 'HOST')}.gleaner-pool.json`,
      );
      return undefined;
    },
  });
}

/** On one line where somebody looks; else every hundred. */
function tellProgress({ io }: Context, done: number, all: number): void {
  if (all < 20) return;
  if (io.canAsk) io.err(`\r${done} of ${all}${done === all ? '\n' : ''}`);
  else if (done % 100 === 0 || done === all) io.err(`${done} of ${all}\n`);
}

function needNotRevoked(hosts: readonly string[], revoked: readonly string[]): void {
  const shutOut = new Set(revoked);
  const [first] = hosts.filter((host) => shutOut.has(host));
  if (first === undefined) return;
  throw new GleanerError(
    'bad-request',
    `${first} is revoked: no token of that name counts.`,
    `Let it in again first: gleaner pool revoke-host DIR ${first} --undo`,
  );
}

function addRevoke(pool: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<RevokeOptions>(pool, {
    usage: 'revoke-host <DIR> <HOST...>',
    summary: 'shut computers out at once, whatever tokens they have; their jobs start elsewhere',
    options: (command) => command.option('--undo', 'let them in again'),
    examples: [
      'gleaner pool revoke-host /srv/gleaner-pool pc-0017',
      'gleaner pool revoke-host DIR pc-0017 --undo',
    ],
    run: async ({ json = false, undo = false }, dir = '', ...given) => {
      const [{ changeCatalog }, { hostNames }, { evict, reconfigure, setPolicy }] = await Promise.all([
        import('../pool/catalog.ts'),
        import('../pool/enrol.ts'),
        import('../pool/revoke.ts'),
      ]);
      const hosts = hostNames(given);
      const { state, revoked, version } = await changeCatalog(
        dir,
        () => io.now(),
        async (catalog) => {
          const { value, version: before } = await catalog.policy();
          const named = new Set(hosts);
          const others = value.revoked.filter((host) => !named.has(host));
          const next = undo ? others : [...others, ...hosts].sort();
          const isSame =
            next.length === value.revoked.length && next.every((host) => value.revoked.includes(host));
          return {
            state: catalog.state,
            revoked: next,
            version: isSame ? before : await setPolicy(catalog, { ...value, revoked: next }),
          };
        },
      );
      const steps = [await reconfigure(state.pool), ...(undo ? [] : [await evict(hosts, state.pool)])];
      const isDone = steps.every((step) => step.isDone);
      await print(io, json, { hosts, revoked: revoked.length, policy: version, isDone, steps }, (value) =>
        [
          `${undo ? 'Let in again' : 'Revoked'}: ${value.hosts.join(', ')} (policy ${value.policy}, ${count(value.revoked, 'host')} revoked in all).`,
          ...steps.map(({ words, isDone: done }) => `${done ? '' : 'To be done: '}${cleanLine(words)}`),
          'On other machines of the pool: copy condor/91-gleaner-revoked.conf there, and run "condor_reconfig".',
          `Hosts hear of it once it is published: gleaner pool publish ${cleanLine(dir)} --to FOLDER`,
        ].join('\n'),
      );
      return undefined;
    },
  });
}

function addFleet(pool: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<FleetOptions>(pool, {
    usage: 'fleet [DIR]',
    summary: 'what the computers of the pool do now, as the collector has it: states, versions, cores',
    options: (command) =>
      command.option('--ads <FILE>', 'what condor_status -json or -long wrote, instead of asking it'),
    examples: ['gleaner pool fleet', 'gleaner pool fleet /srv/gleaner-pool --json | jq ".hosts[].state"'],
    run: async ({ json = false, ads }, ...given) => {
      const [{ adsOfFile, collectorAds }, { fleetOf }] = await Promise.all([
        import('../pool/collector.ts'),
        import('../pool/fleet.ts'),
      ]);
      const [dir] = given;
      const pool = dir === undefined ? null : await poolOf(dir, () => io.now());
      const fleet =
        ads === undefined
          ? fleetOf(await collectorAds(), pool, io.now())
          : fleetOf(await adsOfFile(ads), pool, null);
      await print(io, json, fleet, (value) => showFleet(value, lookOf(context)));
      return undefined;
    },
  });
}

async function poolOf(dir: string, now: () => number): Promise<string> {
  const { readCatalog } = await import('../pool/catalog.ts');
  return (await readCatalog(dir, now)).state.pool;
}
