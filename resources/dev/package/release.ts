// Everything that a release for Linux is: the app's folder, the packages over it, their papers.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { base } from '../../installer/base.ts';
import { linux } from '../../installer/linux.ts';
import { gather } from '../carried.ts';
import { checkoutDir } from '../console.mjs';
import { copyrightFiles, notices } from '../notices.ts';
import { sbom } from '../sbom.ts';
import { type Pressing, writeDeb } from './deb.ts';
import {
  type FeedOptions,
  layOutAppDir,
  layOutArchive,
  requireAppImageTools,
  writeAppImage,
  writeTar,
} from './portable.ts';
import { writeRpm } from './rpm.ts';
import { layOut } from './tree.ts';
import { packUnpacked } from './unpacked.ts';

/** In the order in which they are told. */
export const linuxKinds = ['deb', 'rpm', 'tar', 'appimage'] as const;
export type LinuxKind = (typeof linuxKinds)[number];

export interface ReleaseOptions {
  readonly version: string;
  readonly kinds: readonly LinuxKind[];
  readonly imageDir: string;
  readonly outDir: string;
  readonly pressing: Pressing;
  /** Of an AppImage, which does not update itself without one. */
  readonly feed?: FeedOptions;
  /** The program that an AppImage begins with. */
  readonly appImageRuntime?: string | undefined;
}

/**
 * Makes the packages.
 * @returns their paths
 * @throws {SetupError} what cannot be packed
 */
export async function makeRelease(o: ReleaseOptions): Promise<readonly string[]> {
  const { version, kinds, imageDir, outDir, pressing, feed = { keys: [] } } = o;
  const epoch = sourceEpoch();
  const workDir = path.join(outDir, 'linux');
  const unpackedDir = await packUnpacked({
    version,
    imageDir,
    outDir: workDir,
    config: { ...base, ...linux, files: ['**/*'] },
  });
  const papers = await papersOf(version, imageDir, epoch);
  for (const [name, text] of Object.entries(papers)) writeFileSync(path.join(outDir, name), text);
  return kinds.map((kind) => {
    const rootDir = path.join(workDir, kind);
    const tree = { version, unpackedDir, rootDir, papers, epoch };
    const how = { rootDir, version, outDir, pressing, epoch };
    switch (kind) {
      case 'deb':
      case 'rpm':
        layOut({ ...tree, kind });
        return kind === 'deb' ? writeDeb(how) : writeRpm(how);
      case 'tar':
        layOutArchive(tree);
        return writeTar(how);
      case 'appimage':
        layOutAppDir({ ...tree, feed });
        return writeAppImage({ ...how, feed, runtimePath: requireAppImageTools(o.appImageRuntime) });
    }
  });
}

/** When the sources were last changed, in seconds since 1970 (reproducible-builds.org): as git tells, or the manifest. */
function sourceEpoch(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const { status, stdout } = spawnSync('git', ['-C', checkoutDir, 'log', '-1', '--format=%ct'], {
    encoding: 'utf8',
  });
  if (status === 0) return Number(stdout.trim());
  return Math.floor(statSync(path.join(checkoutDir, 'package.json')).mtimeMs / 1000);
}

async function papersOf(version: string, imageDir: string, epoch: number): Promise<Record<string, string>> {
  const carried = { ...(await gather({ platform: 'linux', arch: 'x64', imageDir })), version };
  const licence = readFileSync(path.join(checkoutDir, 'LICENSE'), 'utf8');
  const packageCache = path.join(path.dirname(imageDir), 'packages');
  return {
    copyright: licence,
    'THIRD-PARTY-NOTICES.txt': notices(carried, licence, copyrightFiles(carried, packageCache)),
    'sbom.cdx.json': sbom(carried, epoch),
  };
}
