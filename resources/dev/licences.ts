// Under which licences the packages of npm that ship are given away. What is not on the list here stops the making of a package:
// somebody has to read the licence first.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './console.mjs';

/** SPDX expressions that may ship beside a program under the MIT licence, as a whole: nothing is taken apart. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Names from before SPDX that leave no doubt. */
const otherNames: Readonly<Record<string, string>> = { Apache2: 'Apache-2.0', 'MIT/X11': 'MIT' };

/** Packages whose manifest names no licence: what somebody read in their file, which must still be that file. */
const read: Readonly<
  Record<string, { readonly licence: string; readonly file: string; readonly sha256: string }>
> = {
  'jsbi@2.0.5': {
    licence: 'Apache-2.0',
    file: 'LICENSE',
    sha256: '9568a2b155e66ac3e0ba1fd80b52b827b9460e6cf6f233125e7cbca8e206ddc3',
  },
  'map-stream@0.1.0': {
    licence: 'MIT',
    file: 'LICENCE',
    sha256: '8937affb1fac84258c98aa2351eb161405999975b602140c43bcbac23b22f1e9',
  },
};

export interface LicenceText {
  /** The file's name in the package. */
  readonly file: string;
  readonly text: string;
}

/** The part of an installed package.json that matters here; `licenses` is how it was written until 2014. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly license?: unknown;
  readonly licenses?: unknown;
}

/**
 * The SPDX expression of a package's licence. Pure.
 * @param texts its licence files, which speak where the manifest is silent
 * @throws {SetupError} when it names none, or one that is not on the list
 */
export function licenceOf(manifest: Manifest, texts: readonly LicenceText[]): string {
  const id = `${String(manifest.name)}@${String(manifest.version)}`;
  const declared = expression(manifest.license ?? manifest.licenses);
  const licence = declared ?? asRead(id, texts);
  if (licence === undefined) {
    throw new SetupError(
      `${id} names no licence that is known here.`,
      'Read its licence, then note it in resources/dev/licences.ts, or do without the package.',
    );
  }
  if (!allowed.has(licence)) {
    throw new SetupError(
      `${id} is under a licence that is not on the list: ${licence}.`,
      'Read it; if it may ship, add it to resources/dev/licences.ts, else do without the package.',
    );
  }
  return licence;
}

function asRead(id: string, texts: readonly LicenceText[]): string | undefined {
  const known = Object.hasOwn(read, id) ? read[id] : undefined;
  const text = texts.find(({ file }) => file === known?.file)?.text;
  const isThatFile = text !== undefined && createHash('sha256').update(text).digest('hex') === known?.sha256;
  return isThatFile ? known.licence : undefined;
}

/** A string, `{ type }`, or a list of either, of which one may choose. */
function expression(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const each = value.map(expression);
    return each.length > 0 && each.every((one) => one !== undefined) ? each.join(' OR ') : undefined;
  }
  const name = typeof value === 'object' && value !== null && 'type' in value ? value.type : value;
  if (typeof name !== 'string' || name === '' || name === 'UNLICENSED') return undefined;
  return Object.hasOwn(otherNames, name) ? otherNames[name] : name;
}

/** The licence and notice files in a package's folder, by name. */
export function licenceTexts(dir: string): LicenceText[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /^(?:licen[cs]e|copying|notice|unlicense)(?:[.-].*)?$/i.test(entry.name),
    )
    .map((entry) => entry.name)
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(dir, file), 'utf8') }));
}
