import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Key,
  Metadata,
  MetadataKind,
  type MetaFile,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from '@tufjs/models';
import { GleanerError, toFailure } from '../contract/failures.ts';
import type { Role } from './keys.ts';
import { type Named, statementsRole } from './metadata.ts';

/** What a catalog says at present: what its timestamp leads to. Files that nothing leads to are left of a command that died. */
export interface Current {
  /** The newest last, from the first on. */
  readonly roots: readonly Metadata<Root>[];
  readonly root: Root;
  readonly rootBytes: Uint8Array;
  readonly timestamp: Timestamp;
  readonly snapshot: Snapshot;
  readonly targets: Targets;
  readonly targetsFile: Named;
  readonly statements: Targets;
  readonly statementsFile: Named;
}

/**
 * Reads and checks all signatures, digests and versions of `public/metadata`, as a host would, but for what is expired.
 * @throws GleanerError `signature-invalid`
 */
export async function readCurrent(metadataDir: string): Promise<Current> {
  try {
    const roots = await readRoots(metadataDir);
    const newest = roots.at(-1);
    if (newest === undefined) throw new Error('there is no root');
    const rootOf = newest.metadata;
    const timestamp = Metadata.fromJSON(
      MetadataKind.Timestamp,
      await readJson(metadataDir, 'timestamp.json'),
    );
    rootOf.verifyDelegate('timestamp', timestamp);
    const snapshotBytes = await readNamed(metadataDir, 'snapshot', timestamp.signed.snapshotMeta);
    const snapshot = Metadata.fromJSON(MetadataKind.Snapshot, parse(snapshotBytes));
    rootOf.verifyDelegate('snapshot', snapshot);
    const { meta } = snapshot.signed;
    const targetsBytes = await readNamed(metadataDir, 'targets', meta['targets.json']);
    const targets = Metadata.fromJSON(MetadataKind.Targets, parse(targetsBytes));
    rootOf.verifyDelegate('targets', targets);
    const statementsBytes = await readNamed(metadataDir, statementsRole, meta[`${statementsRole}.json`]);
    const statements = Metadata.fromJSON(MetadataKind.Targets, parse(statementsBytes));
    targets.verifyDelegate(statementsRole, statements);
    return {
      roots: roots.map(({ metadata }) => metadata),
      root: rootOf.signed,
      rootBytes: newest.bytes,
      timestamp: timestamp.signed,
      snapshot: snapshot.signed,
      targets: targets.signed,
      targetsFile: { version: targets.signed.version, bytes: targetsBytes },
      statements: statements.signed,
      statementsFile: { version: statements.signed.version, bytes: statementsBytes },
    };
  } catch (error) {
    throw new GleanerError(
      'signature-invalid',
      `The catalog's signed files do not fit each other: ${toFailure(error).sentence.replace(/^.*Gleaner: /, '')}.`,
      'Bring them back from a backup, or from the web server that they were published to.',
      { cause: error },
    );
  }
}

/** The public key that a role's signature is checked by. */
export function trustedKeyId({ root, targets }: Current, role: Role): string | undefined {
  if (role === 'statements') return targets.delegations?.roles?.[statementsRole]?.keyIDs[0];
  return root.roles[role]?.keyIDs[0];
}

export function trustedKey(current: Current, role: Role): Key | undefined {
  const id = trustedKeyId(current, role);
  if (id === undefined) return undefined;
  return role === 'statements' ? current.targets.delegations?.keys[id] : current.root.keys[id];
}

async function readRoots(
  metadataDir: string,
): Promise<readonly { metadata: Metadata<Root>; bytes: Uint8Array }[]> {
  const names = new Set(await readdir(metadataDir));
  const roots: { metadata: Metadata<Root>; bytes: Uint8Array }[] = [];
  for (let version = 1; names.has(`${version}.root.json`); version += 1) {
    const bytes = await readFile(join(metadataDir, `${version}.root.json`));
    const metadata = Metadata.fromJSON(MetadataKind.Root, parse(bytes));
    if (metadata.signed.version !== version) throw new Error(`${version}.root.json has another version`);
    (roots.at(-1)?.metadata ?? metadata).verifyDelegate('root', metadata);
    metadata.verifyDelegate('root', metadata);
    roots.push({ metadata, bytes });
  }
  return roots;
}

async function readNamed(metadataDir: string, role: string, meta: MetaFile | undefined): Promise<Uint8Array> {
  if (meta === undefined) throw new Error(`nothing names ${role}.json`);
  const bytes = await readFile(join(metadataDir, `${meta.version}.${role}.json`));
  meta.verify(bytes);
  return bytes;
}

type Json = Parameters<typeof Metadata.fromJSON>[1];

async function readJson(metadataDir: string, name: string): Promise<Json> {
  return parse(await readFile(join(metadataDir, name)));
}

function parse(bytes: Uint8Array): Json {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
}
