import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readVersion } from '../../../electron/program/version.ts';
import { checkoutDir } from '../console.mjs';

/** Semantic Versioning's build metadata of what runs on somebody else's Electron. */
const developmentMark = '+devruntime';

/**
 * The version of a package: marked where the Electron in it is not the official one. Pure.
 * @param dist the folder of the Electron that is packed
 */
export function packageVersion(version: string, dist: string): string {
  return path.basename(dist).endsWith('-official') ? version : `${version}${developmentMark}`;
}

/** The program's own version, as package.json has it. */
export function ownVersion(): string {
  return readVersion(readFileSync(path.join(checkoutDir, 'package.json'), 'utf8'));
}

/** The next patch. Pure. */
export function newerVersion(version: string): string {
  const [major, minor, patch] = version.split('.');
  return `${major}.${minor}.${Number(patch) + 1}`;
}
