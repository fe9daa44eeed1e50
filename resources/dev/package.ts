// The end of `npm run package`: set-up, then the packages for Linux.
import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkoutDir, fail, SetupError, say } from './console.mjs';
import { electronDist } from './electron-runtime.ts';
import { makeRelease } from './package/release.ts';
import type { LinuxKind } from './package/tree.ts';
import { ownVersion, packageVersion } from './package/unpacked.ts';
import { setUp } from './setup.ts';

const usage = `Makes the packages for Linux (x86-64) out of this checkout, into dist/.

npm run package [-- OPTIONS]
  --kinds deb,rpm    which (both, if not said)
  --version X.Y.Z    another version than package.json's
  --out DIR          another folder
  --quick            press the data by zstd instead of xz: bigger, in a tenth of the time

On an Electron that is not the official one, the version ends with +devruntime.
Windows and macOS: docs/deploy-windows.md, docs/deploy-macos.md.`;

function kindsOf(text: string): LinuxKind[] {
  return text.split(',').map((name) => {
    if (name === 'deb' || name === 'rpm') return name;
    throw new SetupError(`There are no packages of the kind "${name}".`, 'Kinds: deb, rpm.', 2);
  });
}

function optionsOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const options = { kinds: text, version: text, out: text, quick: flag, help: flag };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new SetupError(
      error instanceof Error ? error.message : String(error),
      'npm run package -- --help',
      2,
    );
  }
}

async function run(args: readonly string[]): Promise<void> {
  const { kinds = 'deb,rpm', version = ownVersion(), out = 'dist', quick = false, help } = optionsOf(args);
  if (help === true) {
    say(usage);
    return;
  }
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new SetupError(`"${version}" is no version.`, 'A version is written like 1.2.3.', 2);
  }
  const wanted = kindsOf(kinds);
  const { imageDir } = await setUp();
  const files = await makeRelease({
    version: packageVersion(version, electronDist()),
    kinds: wanted,
    imageDir,
    outDir: path.resolve(checkoutDir, out),
    pressing: quick ? 'zstd' : 'xz',
  });
  for (const file of files) say(`${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  fail(error);
}
