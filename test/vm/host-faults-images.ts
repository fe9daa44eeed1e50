import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultOutDir } from '../../resources/guest/recipe.ts';

type ImageName = 'kernel' | 'initramfs';

interface ImageFile {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
}

type Manifest = Readonly<Record<ImageName, ImageFile>> & {
  readonly appliances: Readonly<Record<string, ImageFile>>;
};

/** A guest image of the test's own, to do to it what it likes. */
export class OwnImages {
  readonly dir: string;
  readonly #manifest: Manifest;

  /** A copy of the built image in `dir`, a new folder. */
  constructor(dir: string) {
    this.dir = dir;
    mkdirSync(dir);
    const from = defaultOutDir();
    const text = readFileSync(join(from, 'manifest.json'), 'utf8');
    writeFileSync(join(dir, 'manifest.json'), text);
    this.#manifest = JSON.parse(text) as Manifest;
    const { kernel, initramfs, appliances } = this.#manifest;
    for (const { file } of [kernel, initramfs, ...Object.values(appliances)]) {
      copyFileSync(join(from, file), join(dir, file));
      chmodSync(join(dir, file), 0o644);
    }
  }

  path(name: ImageName): string {
    return join(this.dir, this.#manifest[name].file);
  }

  /** Where a host with its images in `imagesDir` keeps the file that is in the built image. */
  storedPath(imagesDir: string, name: ImageName): string {
    return join(imagesDir, this.#manifest[name].digest.replace(':', '-'));
  }

  /** Another initramfs in place of the built one, rightly declared. */
  replaceInitramfs(content: Uint8Array): void {
    const file = 'other-initramfs';
    writeFileSync(join(this.dir, file), content);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const initramfs: ImageFile = { file, digest, size: content.length };
    writeFileSync(join(this.dir, 'manifest.json'), JSON.stringify({ ...this.#manifest, initramfs }));
  }
}

/** Changes one byte in the middle of a file; twice, and it is whole again. */
export function flipByte(path: string): void {
  const content = readFileSync(path);
  const middle = content.length >> 1;
  content.writeUInt8(content.readUInt8(middle) ^ 0xff, middle);
  chmodSync(path, 0o644);
  // In place: a hard link to it changes, too.
  writeFileSync(path, content);
}
