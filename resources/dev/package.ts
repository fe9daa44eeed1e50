// The end of `npm run package`: set-up, then the packages for Linux.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Installation } from '../../electron/contract/install.ts';
import { checkoutDir, fail, SetupError, say } from './console.mjs';
import { electronDist } from './electron-runtime.ts';
import { type FeedOptions, requireAppImageTools } from './package/portable.ts';
import { type LinuxKind, linuxKinds, makeRelease } from './package/release.ts';
import { ownVersion, packageVersion } from './package/version.ts';
import { setUp } from './setup.ts';

const usage = `Makes the packages for Linux (x86-64) out of this checkout, into dist/.

npm run package [-- OPTIONS]
  --kinds deb,rpm    which of deb, rpm, tar, appimage (deb,rpm if not said)
  --version X.Y.Z    another version than package.json's; of tar and appimage also X.Y.Z-beta.N, for the channel beta
  --out DIR          another folder
  --quick            press the data by zstd instead of xz: bigger, in a tenth of the time
  --appimage-runtime FILE
                     what an AppImage begins with: runtime-x86_64 of github.com/AppImage/type2-runtime
  --feed URL         of an AppImage: where newer versions are published (docs/updates.md)
  --key KEY          of an AppImage: who signs them, as sign-feed.ts prints it; one or two
  --authority FILE   of an AppImage: a certificate that has issued the feed's own

On an Electron that is not the official one, the version ends with +devruntime.
Windows and macOS: docs/deploy-windows.md, docs/deploy-macos.md.`;

function kindsOf(text: string): LinuxKind[] {
  return text.split(',').map((name) => {
    const kind = linuxKinds.find((one) => one === name);
    if (kind !== undefined) return kind;
    throw new SetupError(
      `There are no packages of the kind "${name}".`,
      `Kinds: ${linuxKinds.join(', ')}.`,
      2,
    );
  });
}

function feedOf(o: { feed?: string; key?: string[]; authority?: string }): FeedOptions {
  const authority = o.authority === undefined ? {} : { authority: readFileSync(o.authority, 'utf8') };
  const parsed = Installation.safeParse({
    ...{ version: 1, kind: 'appimage', keys: o.key ?? [] },
    ...(o.feed === undefined ? {} : { feed: o.feed }),
    ...authority,
  });
  if (!parsed.success || (o.feed === undefined) !== (o.key === undefined)) {
    const words = parsed.error?.issues.map(({ message }) => message).join('; ');
    throw new SetupError(
      `What was said of the feed does not do: ${words ?? 'feed and key belong together'}.`,
      'docs/updates.md says how they are written.',
      2,
    );
  }
  const { feed, keys } = parsed.data;
  return { keys, ...(feed === undefined ? {} : { feed }), ...authority };
}

function optionsOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const key = { type: 'string', multiple: true } as const;
    const feed = { feed: text, key, authority: text, 'appimage-runtime': text };
    const options = { kinds: text, version: text, out: text, quick: flag, help: flag, ...feed };
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
  const options = optionsOf(args);
  const { kinds = 'deb,rpm', version = ownVersion(), out = 'dist', quick = false, help } = options;
  if (help === true) {
    say(usage);
    return;
  }
  const wanted = kindsOf(kinds);
  if (!/^\d+\.\d+\.\d+(-beta\.\d+)?$/.test(version)) {
    throw new SetupError(
      `"${version}" is no version.`,
      'A version is written like 1.2.3 or 1.2.3-beta.1.',
      2,
    );
  }
  // Distributions' tools order such versions otherwise.
  if (version.includes('-') && wanted.some((kind) => kind === 'deb' || kind === 'rpm')) {
    throw new SetupError(
      `No .deb or .rpm is made of the trial version ${version}.`,
      'Say --kinds tar,appimage.',
      2,
    );
  }
  const feed = feedOf(options);
  // Before anything long is begun.
  const appImageRuntime = options['appimage-runtime'];
  if (wanted.includes('appimage')) requireAppImageTools(appImageRuntime);
  const { imageDir } = await setUp();
  const files = await makeRelease({
    version: packageVersion(version, electronDist()),
    kinds: wanted,
    imageDir,
    outDir: path.resolve(checkoutDir, out),
    feed,
    appImageRuntime,
    pressing: quick ? 'zstd' : 'xz',
  });
  for (const file of files) say(`${file}  ${(statSync(file).size / 1e6).toFixed(1)} MB`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  fail(error);
}
