import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeImage, nativeImage } from 'electron';
import type { TrayIcon } from './tray-model.ts';

/** Widths in pixels in which every picture of the tray exists. */
const sizes = [16, 24, 32, 48, 64] as const;

export interface TrayIcons {
  /** The picture of a state, in light ink for dark panels or dark ink for light ones; macOS inks its own. */
  tray(icon: TrayIcon, onDark: boolean): NativeImage;
  readonly app: NativeImage;
}

/** Reads pictures from `dir` when they are asked for, each once. Throws what the file system throws. */
export function loadIcons(dir: string, platform: NodeJS.Platform): TrayIcons {
  // Linux panels show 22 to 24 px; the others' trays start from 16.
  const base = platform === 'linux' ? 24 : 16;
  const read = new Map<string, NativeImage>();
  const trayImage = (name: string): NativeImage => {
    const image = nativeImage.createEmpty();
    for (const size of sizes.filter((width) => width >= base)) {
      const buffer = readFileSync(join(dir, `${name}-${size}.png`));
      image.addRepresentation({ scaleFactor: size / base, buffer });
    }
    return image;
  };
  // By its name it is a template, and has a second one for dense screens beside it.
  const templateImage = (name: string): NativeImage => nativeImage.createFromPath(join(dir, `${name}.png`));
  return {
    tray(icon, onDark) {
      const isTemplate = platform === 'darwin';
      const name = isTemplate ? `tray-${icon}Template` : `tray-${icon}-${onDark ? 'light' : 'dark'}`;
      const image = read.get(name) ?? (isTemplate ? templateImage(name) : trayImage(name));
      read.set(name, image);
      return image;
    },
    get app() {
      const image = read.get('app') ?? nativeImage.createFromPath(join(dir, 'app-256.png'));
      read.set('app', image);
      return image;
    },
  };
}
