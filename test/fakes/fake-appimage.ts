import {
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Installation } from '../../electron/contract/install.ts';
import { electronBinary } from '../../resources/dev/electron-runtime.ts';
import { checkoutDir } from '../e2e/support/launch.ts';

export interface FakeAppImage {
  readonly version: string;
  /** What the file holds: a program that starts this version. */
  readonly content: Uint8Array;
}

/**
 * A stand-in for an AppImage, whose own runtime is not needed for updates: a file that, run, says by `$APPIMAGE` where it
 * lies and becomes the app of one version. The app is packaged as far as Electron can tell: its own program, with an
 * app folder and `install.json` among its resources.
 * @param o.main the app's own start; by default the one that was built
 */
export function fakeAppImage(o: {
  readonly dir: string;
  readonly version: string;
  readonly installation: Installation;
  readonly main?: string;
  readonly switches: readonly string[];
}): FakeAppImage {
  const { version, installation, main, switches } = o;
  const tree = join(o.dir, `app-${version}`);
  linkTree(dirname(electronBinary()), tree);
  renameSync(join(tree, 'electron'), join(tree, 'gleaner-app'));
  const app = join(tree, 'resources', 'app');
  mkdirSync(app);
  const manifest = {
    name: 'gleaner',
    version,
    type: 'module',
    main: main === undefined ? 'out/main/main.js' : 'main.js',
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  if (main !== undefined) writeFileSync(join(app, 'main.js'), main);
  for (const name of ['out', 'resources', 'node_modules'])
    symlinkSync(join(checkoutDir, name), join(app, name));
  writeFileSync(join(tree, 'resources', 'install.json'), JSON.stringify(installation));
  const words = [join(tree, 'gleaner-app'), ...switches].map((word) => `'${word}'`).join(' ');
  const script = `#!/bin/sh\n# Gleaner ${version}\nAPPIMAGE=$0\nexport APPIMAGE\nexec ${words} "$@"\n`;
  return { version, content: Buffer.from(script) };
}

/** The same files under other names, or copies on another file system. */
function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (statSync(source).isDirectory()) linkTree(source, target);
    else link(source, target);
  }
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    rmSync(to, { force: true });
    cpSync(from, to);
  }
}
