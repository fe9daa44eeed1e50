import { createHash } from 'node:crypto';
import { type Key, Metadata, Root, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import { catalogTargets } from '../contract/pool.ts';
import type { Role, SigningKey } from './keys.ts';

/** TUF's specification that the metadata follows: https://theupdateframework.github.io/specification/v1.0.31/ */
const specVersion = '1.0.31';

/** The delegated role that signs statements. */
export const statementsRole = 'statements';

/** How long each role's metadata is good for, in days. */
export const defaultExpiries = {
  root: 365,
  targets: 365,
  statements: 365,
  snapshot: 14,
  timestamp: 14,
} as const;
export type Expiries = Readonly<Record<Role, number>>;

interface Common {
  readonly version: number;
  /** Epoch ms. */
  readonly expiresAt: number;
}

const common = ({ version, expiresAt }: Common) => ({
  version,
  spec_version: specVersion,
  // To the second, as the specification has it.
  expires: `${new Date(expiresAt).toISOString().slice(0, 19)}Z`,
});

/** What is trusted by whoever has it: one key for each of the four roles. */
export function makeRoot(given: Common, keys: Readonly<Record<Exclude<Role, 'statements'>, Key>>): Root {
  const entries = Object.entries(keys);
  return Root.fromJSON({
    _type: 'root',
    ...common(given),
    consistent_snapshot: true,
    keys: Object.fromEntries(entries.map(([, key]) => [key.keyID, key.toJSON()])),
    roles: Object.fromEntries(entries.map(([role, key]) => [role, { keyids: [key.keyID], threshold: 1 }])),
  });
}

/** A target's digest and size. `version` is the pool's own count of its changes. */
export function targetOf(path: string, bytes: Uint8Array, version?: number): TargetFile {
  return new TargetFile({
    path,
    length: bytes.length,
    hashes: { sha256: sha256(bytes) },
    ...(version === undefined ? {} : { unrecognizedFields: { custom: { version } } }),
  });
}

/** Policy and tariff, and whose key signs statements. */
export function makeTargets(given: Common, targets: readonly TargetFile[], statementsKey: Key): Targets {
  return Targets.fromJSON({
    _type: 'targets',
    ...common(given),
    targets: byPath(targets),
    delegations: {
      keys: { [statementsKey.keyID]: statementsKey.toJSON() },
      roles: [
        {
          name: statementsRole,
          keyids: [statementsKey.keyID],
          threshold: 1,
          terminating: true,
          paths: [`${catalogTargets.statements}*.json`],
        },
      ],
    },
  });
}

export function makeStatements(given: Common, targets: readonly TargetFile[]): Targets {
  return Targets.fromJSON({ _type: 'targets', ...common(given), targets: byPath(targets) });
}

/** A signed file, as the metadata above it names it. */
export interface Named {
  readonly version: number;
  readonly bytes: Uint8Array;
}

export function makeSnapshot(given: Common, targets: Named, statements: Named): Snapshot {
  return Snapshot.fromJSON({
    _type: 'snapshot',
    ...common(given),
    meta: { 'targets.json': metaOf(targets), [`${statementsRole}.json`]: metaOf(statements) },
  });
}

export function makeTimestamp(given: Common, snapshot: Named): Timestamp {
  return Timestamp.fromJSON({
    _type: 'timestamp',
    ...common(given),
    meta: { 'snapshot.json': metaOf(snapshot) },
  });
}

/** The file: the document with one signature by each key. */
export function signed(document: Root | Targets | Snapshot | Timestamp, keys: readonly SigningKey[]): Buffer {
  const metadata = new Metadata(document);
  for (const key of keys) metadata.sign((data) => key.sign(data));
  return Buffer.from(JSON.stringify(metadata.toJSON()));
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function byPath(targets: readonly TargetFile[]) {
  return Object.fromEntries(targets.map((target) => [target.path, target.toJSON()]));
}

function metaOf({ version, bytes }: Named) {
  return { version, length: bytes.length, hashes: { sha256: sha256(bytes) } };
}
