// Writes THIRD-PARTY-NOTICES.txt of a package of Gleaner: what it carries of others, under which licences, with their texts, and
// where the sources are. `node resources/dev/notices.ts [--platform linux] [--arch x64] [--image DIR] [--out FILE]`.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { appliances } from '../guest/appliances.ts';
import { defaultOutDir } from '../guest/recipe.ts';
import { type Carried, type CarriedPackage, type DebianPackage, gather } from './carried.ts';
import { checkoutDir, fail, SetupError } from './console.mjs';
import { releaseArguments } from './release-arguments.ts';
import { snapshotUrl } from './sbom.ts';

const wide = '='.repeat(100);
const thin = '-'.repeat(100);

/** How Gleaner's own licence begins before the words that are the same in every MIT licence. */
const mitStart = 'Permission is hereby granted, free of charge';

/**
 * The whole file. Pure: the same content gives the same bytes.
 * @param ownLicence the file LICENSE of this program, whose words stand in where a package under the same licence brings none
 * @param copyrights Debian's copyright files of the packages that no appliance carries one of, by name
 */
export function notices(
  carried: Carried,
  ownLicence: string,
  copyrights: Readonly<Record<string, string>>,
): string {
  const { version, platform, arch, npm, node } = carried;
  const packages = [...npm, ...(node === undefined ? [] : [node])];
  const sections = [
    [
      `Gleaner ${version} for ${platform}-${arch}: notices for what it carries of others`,
      '',
      'Gleaner itself is under the MIT licence (LICENSE). This file names everything else in the package, in four',
      'parts: the runtimes, the libraries out of npm, the images that virtual machines start from, and the sources.',
    ].join('\n'),
    runtimes(carried),
    `${wide}\n2. Libraries out of npm, and the Node of the command line\n${wide}`,
    packages.map((one) => `${one.name} ${one.version}: ${one.licence}`).join('\n'),
    ...packages.map((one) => packageNotice(one, ownLicence)),
    guest(carried),
    ...Object.entries(copyrights)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => titled(`Debian's copyright file of ${name}`, text)),
    sources(carried),
  ];
  return `${sections.map((section) => section.trimEnd()).join('\n\n')}\n`;
}

const titled = (title: string, text: string): string => `${thin}\n${title}\n${thin}\n${plain(text)}`;

/** Line ends as here, and no control characters. */
const plain = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim();

function runtimes({ electron, node, qemu }: Carried): string {
  return [
    wide,
    '1. Runtimes',
    wide,
    `Electron ${electron.electron}: MIT. Its licence is the file LICENSE.electron.txt of this package.`,
    `Chromium ${electron.chrome} and the Node ${electron.node} in Electron, with what they consist of: BSD-3-Clause, MIT and`,
    'others, all of them in the file LICENSES.chromium.html of this package. FFmpeg in it is under LGPL-2.1.',
    ...(node === undefined
      ? []
      : [
          `Node ${node.version}, which runs the command line: its licence and those of its parts are in part 2.`,
        ]),
    ...(qemu === undefined
      ? []
      : [
          `QEMU ${qemu.qemuVersion}: GPL-2.0, a program of its own in the folder "qemu". Files and licences:`,
          ...qemu.files.map((file) => `  ${file.path}: ${file.licence} (${file.origin})`),
        ]),
  ].join('\n');
}

function packageNotice(one: CarriedPackage, ownLicence: string): string {
  const title = `${one.name} ${one.version}: ${one.licence}`;
  if (one.texts.length > 0) {
    const texts = one.texts.map(({ file, text }) =>
      one.texts.length > 1 ? `[${file}]\n${plain(text)}` : text,
    );
    return titled(title, texts.join('\n\n'));
  }
  if (one.licence !== 'MIT') {
    throw new SetupError(
      `${one.name} ${one.version} is under ${one.licence} and brings no text of it.`,
      'Find the text, or do without the package.',
    );
  }
  const words = ownLicence.slice(ownLicence.indexOf(mitStart));
  return titled(title, `The package brings no licence file; it names the MIT licence:\n\n${words}`);
}

/** The images that hold a copyright file of it. Notices are kept of every package of an appliance, and of none elsewhere. */
const appliancesOf = ({ images }: DebianPackage): string[] =>
  images.filter((name) => Object.hasOwn(appliances, name));

function guest({ image, debian }: Carried): string {
  const rows = debian.map((one) => {
    const holders = appliancesOf(one);
    const place =
      holders.length > 0
        ? `/usr/share/doc/${one.name}/copyright in ${holders.map((name) => `${name}.squashfs`).join(', ')}`
        : 'below';
    return `${one.name} ${one.version}\n    in: ${one.images.join(', ')}; copyright: ${place}`;
  });
  return [
    wide,
    '3. Images that virtual machines start from',
    wide,
    `They are made of packages of Debian ${image.suite}, unchanged but for what is left out of them. None of these programs is`,
    'linked into Gleaner: they run in virtual machines. Each line names the place of the copyright file in the image;',
    'where no appliance carries the package, the file stands below.',
    '',
    ...rows,
  ].join('\n');
}

function sources({ image, debian, qemu }: Carried): string {
  return [
    wide,
    '4. Sources',
    wide,
    'Programs under the GNU licences (Linux, BusyBox, BOINC, the GNU tools and others above) and all the other packages of Debian',
    `are distributed here as Debian ${image.suite} distributes them, and their complete corresponding sources, with Debian's changes`,
    'and the scripts that build them, are kept by Debian under exactly these versions:',
    '',
    ...debian.map(({ name, version }) => `${name} ${version}\n    ${snapshotUrl(name)}`),
    ...(qemu === undefined
      ? []
      : [
          '',
          'The sources of QEMU and of the libraries beside it:',
          ...qemu.origins.map((one) => `${one.name} ${one.version}\n    ${one.sources}`),
        ]),
    '',
    'Offer: whoever gave you this package will, for three years from the day you got it, give anybody who asks a copy of the',
    'complete corresponding source code of the programs in it that are under the GNU GPL or LGPL, on a medium customarily used for',
    'software interchange, for no more than the cost of doing so. How the images are made of the packages is resources/guest of',
    'the sources of Gleaner.',
  ].join('\n');
}

/**
 * Debian's copyright files of packages that no appliance carries one of, out of the packages that the images were made of.
 * @throws {SetupError} when a package is not in the cache of the image's build
 */
export function copyrightFiles(carried: Carried, packageCache: string): Record<string, string> {
  const wanted = carried.debian.filter((one) => appliancesOf(one).length === 0);
  return Object.fromEntries(wanted.map((one) => [one.name, copyrightFile(one, packageCache)]));
}

function copyrightFile({ name, sha256 }: DebianPackage, packageCache: string): string {
  const deb = path.join(packageCache, `${sha256}.deb`);
  if (!existsSync(deb)) {
    throw new SetupError(
      `The package ${name} that the image was made of is not in ${packageCache}.`,
      'Fetch it again: node resources/guest/build.ts --force',
    );
  }
  const maxBuffer = 1024 * 1024 * 1024;
  const tar = execFileSync('dpkg-deb', ['--fsys-tarfile', deb], { maxBuffer });
  const member = `./usr/share/doc/${name}/copyright`;
  return execFileSync('tar', ['-x', '-O', '-f', '-', member], { input: tar, encoding: 'utf8', maxBuffer });
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { places, out } = releaseArguments(process.argv.slice(2), process.env);
    const carried = await gather(places);
    const packageCache = path.join(path.dirname(places.imageDir ?? defaultOutDir()), 'packages');
    const ownLicence = readFileSync(path.join(checkoutDir, 'LICENSE'), 'utf8');
    const text = notices(carried, ownLicence, copyrightFiles(carried, packageCache));
    if (out === undefined) process.stdout.write(text);
    else writeFileSync(out, text);
  } catch (error) {
    fail(error);
  }
}
