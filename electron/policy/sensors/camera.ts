import { readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { namesIn, readHead, readNumber } from './bounded-files.ts';

/** Looking through all processes costs most: no oftener than this while the drivers' counts stay as they are. */
const fullLookMs = 30_000;
const mostCameras = 64;
const mostProcesses = 10_000;
const mostFiles = 4096;
/** These keep cameras open all the time, in use or not. */
const brokers: readonly string[] = ['pipewire', 'wireplumber'];

/**
 * Looks whether a process of this user holds a camera open. Cheap while none does: the kernel counts the users of the
 * camera's driver. What asks PipeWire for the picture is not seen by this.
 */
export class CameraLook {
  readonly #dirs: { readonly proc: string; readonly dev: string; readonly sys: string };
  readonly #clock: Clock;
  /** The open file that was found last, like /proc/7/fd/3. */
  #holder: string | undefined;
  #counts = '';
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(dirs: { readonly proc: string; readonly dev: string; readonly sys: string }, clock: Clock) {
    this.#dirs = dirs;
    this.#clock = clock;
  }

  /** Null where processes cannot be looked at. */
  async inUse(): Promise<boolean | null> {
    const devices = (await namesIn(this.#dirs.dev, 10_000))?.filter((name) => /^video\d+$/.test(name));
    if (!devices) return null;
    if (devices.length === 0) return false;
    if (this.#holder !== undefined && (await this.#isCamera(this.#holder))) return true;
    const counts = await Promise.all(devices.slice(0, mostCameras).map((name) => this.#users(name)));
    if (counts.every((count) => count === 0)) {
      this.#holder = undefined;
      this.#counts = '';
      return false;
    }
    const now = this.#clock.monotonic();
    const isNews = this.#holder !== undefined || counts.join() !== this.#counts;
    if (!isNews && now - this.#lookedAt < fullLookMs) return false;
    this.#counts = counts.join();
    this.#lookedAt = now;
    this.#holder = undefined;
    const found = await this.#find();
    if (found === null) return null;
    this.#holder = found;
    return found !== undefined;
  }

  /** How many use the driver; undefined when it is built in. */
  async #users(device: string): Promise<number | undefined> {
    const module = path.join(this.#dirs.sys, 'class/video4linux', device, 'device/driver/module/refcnt');
    return await readNumber(module);
  }

  /** The first open camera; undefined when there is none, null when processes cannot be seen. */
  async #find(): Promise<string | undefined | null> {
    const { proc } = this.#dirs;
    const uid = process.getuid?.();
    const pids = (await namesIn(proc, 100_000))?.filter((name) => /^\d+$/.test(name));
    if (!pids || uid === undefined) return null;
    for (const pid of pids.slice(0, mostProcesses)) {
      const dir = path.join(proc, pid);
      const owner = await stat(dir).catch(() => undefined);
      if (owner?.uid !== uid) continue;
      const files = (await namesIn(path.join(dir, 'fd'), mostFiles)) ?? [];
      for (const file of files) {
        const filePath = path.join(dir, 'fd', file);
        if (!(await this.#isCamera(filePath))) continue;
        const name = await readHead(path.join(dir, 'comm'), 64);
        if (name === undefined || !brokers.includes(name)) return filePath;
        break;
      }
    }
    return undefined;
  }

  async #isCamera(filePath: string): Promise<boolean> {
    const target = await readlink(filePath).catch(() => '');
    return path.dirname(target) === this.#dirs.dev && /^video\d+$/.test(path.basename(target));
  }
}
