import type { Root, TargetFile, Targets } from '@tufjs/models';
import { GleanerError } from '../contract/failures.ts';
import { type Current, trustedKey } from './current.ts';
import type { Role, SigningKey } from './keys.ts';
import {
  type Expiries,
  makeRoot,
  makeSnapshot,
  makeStatements,
  makeTargets,
  makeTimestamp,
  type Named,
  sha256,
  signed,
  targetOf,
} from './metadata.ts';

const dayMs = 86_400_000;

/** A file below `public/`. */
export interface PublicFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Targets that are new or have other content, by their paths. */
export interface Change {
  /** Of the role `targets`, with the version that hosts are told. */
  readonly targets?: readonly {
    readonly path: string;
    readonly bytes: Uint8Array;
    readonly version: number;
  }[];
  /** Of the role `statements`. */
  readonly statements?: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

export interface Signing {
  /** All that are at hand: for each role the trusted one, and those that came before it or will come after it. */
  readonly keys: readonly SigningKey[];
  readonly expiryDays: Expiries;
  /** Epoch ms. */
  readonly now: number;
}

/** A signature is made anew when so much of its time is over. */
const renewAfter = 0.5;

/** Whether a document should be signed anew by now. */
export function isDue(document: { readonly expires: string }, days: number, now: number): boolean {
  return Date.parse(document.expires) - now < days * dayMs * (1 - renewAfter);
}

/**
 * The files of a catalog's next state, in the order in which they have to be written so that a host that reads at any
 * moment sees the state before or the one after it. Pure, but for the signatures' randomness.
 * @throws GleanerError `not-found` when a key is not at hand
 */
export function planCommit(current: Current, change: Change, signing: Signing): PublicFile[] {
  return planWithKeys(current, change, signing, {});
}

/** As {@link planCommit}, for the very first state. `keys` holds one of each role. */
export function planFirst(targets: NonNullable<Change['targets']>, signing: Signing): PublicFile[] {
  const key = (role: Role): SigningKey => signersOf(signing, role, undefined)[0];
  const root = makeRoot(common(1, 'root', signing), {
    root: key('root').publicKey,
    targets: key('targets').publicKey,
    snapshot: key('snapshot').publicKey,
    timestamp: key('timestamp').publicKey,
  });
  const rootBytes = signed(root, [key('root')]);
  const named = targets.map(({ path, bytes, version }) => targetOf(path, bytes, version));
  const document = makeTargets(common(1, 'targets', signing), named, key('statements').publicKey);
  const statements = makeStatements(common(1, 'statements', signing), []);
  const targetsFile = { version: 1, bytes: signed(document, [key('targets')]) };
  const statementsFile = { version: 1, bytes: signed(statements, [key('statements')]) };
  return [
    ...targets.map(targetFile),
    metadataFile('targets', targetsFile),
    metadataFile('statements', statementsFile),
    ...upper(1, 1, targetsFile, statementsFile, signing),
    rootFile(root, rootBytes),
  ];
}

/**
 * A catalog whose roles trust new keys. What is below the root is signed by old and new keys, and written before the new
 * root, so that whoever knows either root can read it.
 * @param fresh a new key for each role that gets one
 */
export function planRotation(
  current: Current,
  fresh: Readonly<Partial<Record<Role, SigningKey>>>,
  signing: Signing,
): PublicFile[] {
  const all: Signing = { ...signing, keys: [...signing.keys, ...Object.values(fresh)] };
  const files = planWithKeys(current, {}, all, fresh);
  const isOfRoot = (['root', 'targets', 'snapshot', 'timestamp'] as const).some((role) => fresh[role]);
  return isOfRoot ? [...files, planRoot(current, fresh, all)] : files;
}

/** The next root: the same keys but for the fresh ones, and a new time. */
export function planRoot(
  current: Current,
  fresh: Readonly<Partial<Record<Role, SigningKey>>>,
  signing: Signing,
): PublicFile {
  const keyOf = (role: Exclude<Role, 'statements'>) => {
    const key = fresh[role]?.publicKey ?? trustedKey(current, role);
    if (key === undefined) throw new GleanerError('signature-invalid', `The root names no key for ${role}.`);
    return key;
  };
  const root = makeRoot(common(current.root.version + 1, 'root', signing), {
    root: keyOf('root'),
    targets: keyOf('targets'),
    snapshot: keyOf('snapshot'),
    timestamp: keyOf('timestamp'),
  });
  return rootFile(root, signed(root, signersOf(signing, 'root', trustedKey(current, 'root')?.keyID)));
}

function planWithKeys(
  current: Current,
  change: Change,
  signing: Signing,
  fresh: Readonly<Partial<Record<Role, SigningKey>>>,
): PublicFile[] {
  const files = [...(change.targets ?? []), ...(change.statements ?? [])].map(targetFile);
  const { expiryDays, now } = signing;
  let { targetsFile, statementsFile } = current;
  const statementsKey = fresh.statements?.publicKey ?? trustedKey(current, 'statements');
  if (statementsKey === undefined)
    throw new GleanerError('signature-invalid', 'No key for statements is named.');
  // A role that gets another key may have lost the one before.
  const trustedOf = (role: Role): string | undefined =>
    fresh[role] === undefined ? trustedKey(current, role)?.keyID : undefined;
  const sign = (role: 'targets' | 'statements', document: Targets): Named => ({
    version: document.version,
    bytes: signed(document, signersOf(signing, role, trustedOf(role))),
  });
  if (
    (change.targets ?? []).length > 0 ||
    fresh.targets !== undefined ||
    fresh.statements !== undefined ||
    isDue(current.targets, expiryDays.targets, now)
  ) {
    const named = (change.targets ?? []).map(({ path, bytes, version }) => targetOf(path, bytes, version));
    const given = common(current.targets.version + 1, 'targets', signing);
    targetsFile = sign('targets', makeTargets(given, merged(current.targets, named), statementsKey));
    files.push(metadataFile('targets', targetsFile));
  }
  if (
    (change.statements ?? []).length > 0 ||
    fresh.statements !== undefined ||
    isDue(current.statements, expiryDays.statements, now)
  ) {
    const named = (change.statements ?? []).map(({ path, bytes }) => targetOf(path, bytes));
    const given = common(current.statements.version + 1, 'statements', signing);
    statementsFile = sign('statements', makeStatements(given, merged(current.statements, named)));
    files.push(metadataFile('statements', statementsFile));
  }
  const { snapshot, timestamp } = current;
  const trusted = { snapshot: trustedOf('snapshot'), timestamp: trustedOf('timestamp') };
  const next = upper(
    snapshot.version + 1,
    timestamp.version + 1,
    targetsFile,
    statementsFile,
    signing,
    trusted,
  );
  return [...files, ...next];
}

function upper(
  snapshotVersion: number,
  timestampVersion: number,
  targets: Named,
  statements: Named,
  signing: Signing,
  trusted: { readonly snapshot?: string | undefined; readonly timestamp?: string | undefined } = {},
): PublicFile[] {
  const snapshot = makeSnapshot(common(snapshotVersion, 'snapshot', signing), targets, statements);
  const snapshotFile = {
    version: snapshotVersion,
    bytes: signed(snapshot, signersOf(signing, 'snapshot', trusted.snapshot)),
  };
  const timestamp = makeTimestamp(common(timestampVersion, 'timestamp', signing), snapshotFile);
  return [
    metadataFile('snapshot', snapshotFile),
    {
      path: 'metadata/timestamp.json',
      bytes: signed(timestamp, signersOf(signing, 'timestamp', trusted.timestamp)),
    },
  ];
}

function common(
  version: number,
  role: Role,
  { now, expiryDays }: Signing,
): { version: number; expiresAt: number } {
  return { version, expiresAt: now + expiryDays[role] * dayMs };
}

function merged({ targets }: Targets, changed: readonly TargetFile[]): readonly TargetFile[] {
  return Object.values({ ...targets, ...Object.fromEntries(changed.map((target) => [target.path, target])) });
}

/** All keys of a role; the trusted one must be among them. */
function signersOf(
  { keys }: Signing,
  role: Role,
  trustedId: string | undefined,
): readonly [SigningKey, ...SigningKey[]] {
  const [first, ...more] = keys.filter((key) => key.role === role);
  if (first && (trustedId === undefined || [first, ...more].some(({ id }) => id === trustedId))) {
    return [first, ...more];
  }
  throw new GleanerError(
    'not-found',
    `The key that signs for "${role}" is not in the folder of keys.`,
    role === 'root'
      ? 'Name the file where it is kept with --root-key FILE.'
      : `Bring it back, or give the role another one with "gleaner pool rotate-keys --role ${role}".`,
  );
}

/** Where a target lies, with its digest in its name as consistent snapshots want it. */
export function targetPath(path: string, digest: string): string {
  const at = path.lastIndexOf('/') + 1;
  return `targets/${path.slice(0, at)}${digest}.${path.slice(at)}`;
}

function targetFile({ path, bytes }: { readonly path: string; readonly bytes: Uint8Array }): PublicFile {
  return { path: targetPath(path, sha256(bytes)), bytes };
}

function metadataFile(role: Role, { version, bytes }: Named): PublicFile {
  return { path: `metadata/${version}.${role}.json`, bytes };
}

function rootFile({ version }: Root, bytes: Uint8Array): PublicFile {
  return { path: `metadata/${version}.root.json`, bytes };
}
