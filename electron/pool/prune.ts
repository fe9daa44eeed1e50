import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import { catalogTargets } from '../contract/pool.ts';
import type { Current } from './current.ts';

/** So many versions of each role stay for hosts that have begun to read; roots stay for ever. */
const kept = 10;

/**
 * Deletes metadata that is older than any host in mid-read could want, and policies and tariffs that only such metadata
 * named. Statements stay.
 */
export async function pruneOld(publicDir: string, current: Current): Promise<void> {
  const newest = new Map<string, number>([
    ['targets', current.targets.version],
    ['statements', current.statements.version],
    ['snapshot', current.snapshot.version],
  ]);
  const metadataDir = join(publicDir, 'metadata');
  const named = new Set<string | undefined>();
  for (const name of await readdir(metadataDir)) {
    const [, version, role = ''] = /^(\d+)\.([a-z]+)\.json$/.exec(name) ?? [];
    const last = newest.get(role);
    if (last === undefined) continue;
    if (Number(version) <= last - kept) await rm(join(metadataDir, name), { force: true });
    else if (role === 'targets')
      for (const digest of await digestsOf(join(metadataDir, name))) named.add(digest);
  }
  const targetsDir = join(publicDir, 'targets');
  for (const name of await readdir(targetsDir)) {
    const [, digest = '', path = ''] = /^([0-9a-f]{64})\.(.+)$/.exec(name) ?? [];
    const isOurs = path === catalogTargets.policy || path === catalogTargets.tariff;
    if (isOurs && !named.has(digest)) await rm(join(targetsDir, name), { force: true });
  }
}

async function digestsOf(filePath: string): Promise<readonly (string | undefined)[]> {
  const json = JSON.parse(await readFile(filePath, 'utf8')) as Parameters<typeof Metadata.fromJSON>[1];
  const { signed } = Metadata.fromJSON(MetadataKind.Targets, json);
  return Object.values(signed.targets).map(({ hashes }) => hashes['sha256']);
}
