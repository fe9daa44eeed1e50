import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { GleanerError } from '../contract/failures.ts';
import { Enrolment, PoolHost, type PoolPlace } from '../contract/pool.ts';
import type { Catalog } from './catalog.ts';
import { identityOf } from './condor-conf.ts';
import { needTool } from './condor-tool.ts';

export interface EnrolOptions {
  readonly department: string | null;
  readonly tags: readonly string[];
  /** How long the token is good for, in days; null: until it is revoked. */
  readonly tokenDays: number | null;
  /** Of a collector tree; null for the pool's. */
  readonly collector: PoolPlace | null;
  /** Until when the file has to be used, in days. */
  readonly expiresDays: number;
}

const dayMs = 86_400_000;

/**
 * Names as they are used: in lower case, each once.
 * @throws GleanerError `bad-request` for the first that cannot be one, before anything is made
 */
export function hostNames(given: readonly string[]): readonly string[] {
  const names = [...new Set(given.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))];
  const wrong = names.filter((name) => !PoolHost.safeParse(name).success);
  if (wrong.length > 0) {
    throw new GleanerError(
      'bad-request',
      `${wrong.length === 1 ? 'This is no name' : `${wrong.length} of ${names.length} are no names`} of a host: ${wrong.slice(0, 3).join(', ')}.`,
      'It is written with letters a to z, digits and hyphens, and without the domain: pc-0017.',
    );
  }
  if (names.length === 0) throw new GleanerError('bad-request', 'No host was named.');
  return names;
}

/** HTCondor's tool mostly waits. */
const together = 8;

/**
 * Enrols hosts, some at once. After a failure no other one is begun.
 * @param onDone gets how many are done
 * @returns their files, in the order of the hosts
 * @throws GleanerError as {@link enrolHost}
 */
export async function enrolHosts(
  catalog: Catalog,
  hosts: readonly string[],
  options: EnrolOptions,
  outDir: string,
  now: number,
  onDone: (done: number) => void,
): Promise<readonly string[]> {
  const files: string[] = [];
  const failures: unknown[] = [];
  let done = 0;
  const left = hosts.entries();
  const work = async (): Promise<void> => {
    for (const [at, host] of left) {
      if (failures.length > 0) return;
      try {
        files[at] = await enrolHost(catalog, host, options, outDir, now);
        done += 1;
        onDone(done);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  if (failures.length > 0) throw failures[0];
  return files;
}

/**
 * Has HTCondor make a token for one host, and writes `HOST.gleaner-pool.json`, which only this user may read.
 * @throws GleanerError `platform-not-ready`, `grid-refused`
 */
async function enrolHost(
  { state, current }: Catalog,
  host: string,
  options: EnrolOptions,
  outDir: string,
  now: number,
): Promise<string> {
  const token = await makeToken(host, state.pool, options.tokenDays);
  const enrolment = Enrolment.parse({
    schema: 1,
    kind: 'gleaner-pool-enrolment',
    pool: state.pool,
    name: state.name,
    host,
    collector: options.collector ?? state.collector,
    submits: state.submits,
    token,
    department: options.department,
    tags: options.tags,
    catalog: {
      url: state.catalogUrl,
      root: JSON.parse(Buffer.from(current.rootBytes).toString('utf8')) as unknown,
    },
    expiresAt: now + options.expiresDays * dayMs,
  });
  const filePath = join(outDir, `${host}.gleaner-pool.json`);
  await writeFileAtomic(filePath, `${JSON.stringify(enrolment, null, 1)}\n`, 0o600);
  return filePath;
}

async function makeToken(host: string, pool: string, days: number | null): Promise<string> {
  const identity = identityOf(host, pool);
  const authz = ['ADVERTISE_STARTD', 'ADVERTISE_MASTER', 'READ'].flatMap((level) => ['-authz', level]);
  const lifetime = days === null ? [] : ['-lifetime', String(days * 86_400)];
  const said = await needTool(
    'condor_token_create',
    { args: ['-identity', identity, ...authz, ...lifetime] },
    'Run this as root on the central manager, where /etc/condor/passwords.d/POOL is.',
  );
  const token = said.trim();
  const refused = (sentence: string, hint?: string): GleanerError =>
    new GleanerError('grid-refused', sentence, hint);
  if (!Enrolment.shape.token.safeParse(token).success) throw refused('condor_token_create made no token.');
  const { iss, sub } = claimsOf(token);
  if (sub !== identity)
    throw refused(`condor_token_create made a token of ${String(sub)}, not of ${identity}.`);
  if (iss !== pool) {
    throw refused(
      `This machine makes tokens of ${String(iss)}, not of ${pool}.`,
      `TRUST_DOMAIN must be ${pool}: put condor/90-gleaner.conf in place first.`,
    );
  }
  return token;
}

/** What a token says of itself; nothing is checked, since it was made just now. */
function claimsOf(token: string): { iss?: unknown; sub?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
