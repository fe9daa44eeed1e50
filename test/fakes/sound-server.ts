import { mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';

/** A real PulseAudio of our own with a silent output `out` and a silent microphone `mic`. */
export class SoundServer {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly #dir: string;
  #server: OwnedChild | undefined;
  readonly #recorders = new Set<OwnedChild>();

  private constructor(dir: string) {
    this.#dir = dir;
    this.env = {
      PATH: process.env['PATH'],
      HOME: dir,
      XDG_RUNTIME_DIR: dir,
      PULSE_RUNTIME_PATH: path.join(dir, 'pulse'),
    };
  }

  static async start(): Promise<SoundServer> {
    const made = new SoundServer(mkdtempSync(path.join(tmpdir(), 'gleaner-sound-')));
    await made.comeUp();
    return made;
  }

  async comeUp(): Promise<void> {
    const fifo = path.join(this.#dir, 'mic');
    const modules = [
      'module-null-sink sink_name=out',
      `module-pipe-source source_name=mic file=${fifo}`,
      `module-native-protocol-unix socket=${path.join(this.#dir, 'pulse', 'native')}`,
    ];
    const argv = ['pulseaudio', '--daemonize=no', '--exit-idle-time=-1', '-n', '--disable-shm=yes'];
    // The socket is the last module's: with it the rest is up.
    const up = new Promise<void>((resolve) => {
      const watcher = watch(this.#dir, { recursive: true }, (_kind, name) => {
        if (name !== path.join('pulse', 'native')) return;
        watcher.close();
        resolve();
      });
    });
    const loads = modules.flatMap((module) => ['-L', module]);
    const server = spawnOwned([...argv, ...loads], { env: this.env, stdio: 'ignore' });
    this.#server = server;
    await Promise.race([
      up,
      server.exited.then((code) => {
        throw new Error(`pulseaudio ended with ${code}`);
      }),
    ]);
  }

  /** Records until the returned function is called. */
  record(source: 'mic' | 'out.monitor'): () => Promise<void> {
    const argv = ['parecord', '--raw', `--device=${source}`, '/dev/null'];
    const child = spawnOwned(argv, { env: this.env, stdio: 'ignore' });
    this.#recorders.add(child);
    return () => child.stop(3000);
  }

  async goDown(): Promise<void> {
    await this.#server?.stop(3000);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#recorders].map((child) => child.stop(3000)));
    await this.goDown();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
