import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';

/** To try again after the sound server went away, or was not there; and to look whether no event was missed. */
const againMs = 30_000;
const answerMs = 3000;
const answerBytes = 256 * 1024;
/** Events that come in a bunch are answered by one more look, so much later. */
const bunchMs = 500;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Whether something records, as the sound server tells it (PulseAudio, or PipeWire in its place), by its own tool
 * `pactl`. Recording what the computer itself plays does not count.
 */
export class PulseWatch implements Disposable {
  readonly #env: Env;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #records: boolean | null = null;
  #subscription: ChildProcess | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #looking = false;
  #again = false;
  #ended = false;
  #cancel: (() => void) | undefined;

  constructor(o: { readonly env: Env; readonly clock: Clock; readonly onChange: () => void }) {
    this.#env = o.env;
    this.#clock = o.clock;
    this.#onChange = o.onChange;
  }

  /** Null while no sound server tells. */
  get records(): boolean | null {
    return this.#records;
  }

  /** Connects if that is due. To be called now and then. */
  async keep(): Promise<void> {
    const now = this.#clock.monotonic();
    if (this.#ended || now - this.#triedAt < againMs) return;
    this.#triedAt = now;
    if (this.#subscription) {
      this.#lookSoon();
      return;
    }
    // The tool would start a server where there is none.
    if (!(await this.#isServed()) || this.#isEnded()) return;
    this.#subscribe();
    await this.#look();
    // What happened before the subscription stood.
    this.#again = true;
  }

  dispose(): void {
    this.#ended = true;
    this.#cancel?.();
    this.#subscription?.kill('SIGKILL');
  }

  #isEnded(): boolean {
    return this.#ended;
  }

  async #isServed(): Promise<boolean> {
    if ((this.#env['PULSE_SERVER'] ?? '') !== '') return true;
    const runtimeDir = this.#env['XDG_RUNTIME_DIR'];
    const pulseDir = this.#env['PULSE_RUNTIME_PATH'] ?? (runtimeDir && path.join(runtimeDir, 'pulse'));
    if (pulseDir === undefined) return false;
    const socket = await stat(path.join(pulseDir, 'native')).catch(() => undefined);
    return socket?.isSocket() === true;
  }

  #subscribe(): void {
    // Ends with us, whatever happens to us.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'pactl', 'subscribe'], {
      env: { ...this.#env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#subscription = child;
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-200);
      if (lines.some((line) => /^Event '(?:new|change|remove)' on source-output #/.test(line)))
        this.#lookSoon();
    });
    const end = () => {
      if (this.#subscription !== child) return;
      this.#subscription = undefined;
      this.#see(null);
    };
    child.once('error', end);
    child.once('exit', end);
  }

  #lookSoon(): void {
    if (this.#looking || this.#cancel) this.#again = true;
    else void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    this.#again = false;
    const [outputs, sources] = await Promise.all([this.#list('source-outputs'), this.#list('sources')]);
    this.#looking = false;
    if (this.#ended) return;
    if (this.#subscription) this.#see(records(outputs, sources));
    this.#cancel = this.#clock.after(bunchMs, () => {
      this.#cancel = undefined;
      if (this.#again) this.#lookSoon();
    });
  }

  /** Rows of a short list (tab-separated, the first field its index); undefined when it cannot be had. */
  #list(what: 'source-outputs' | 'sources'): Promise<string | undefined> {
    return new Promise((resolve) => {
      execFile(
        'pactl',
        ['list', 'short', what],
        {
          env: { ...this.#env, LC_ALL: 'C' },
          timeout: answerMs,
          killSignal: 'SIGKILL',
          maxBuffer: answerBytes,
        },
        (error, stdout) => {
          resolve(error ? undefined : stdout);
        },
      );
    });
  }

  #see(now: boolean | null): void {
    if (this.#ended || this.#records === now) return;
    this.#records = now;
    this.#onChange();
  }
}

/**
 * Whether any of `outputs` (columns: index, source, …) comes from a source that is no monitor of what is played. A source
 * that is not listed counts as real. Null when a list could not be had. Pure.
 */
export function records(outputs: string | undefined, sources: string | undefined): boolean | null {
  if (outputs === undefined || sources === undefined) return null;
  const rows = (text: string) => text.split('\n').map((line) => line.split('\t'));
  const monitors = new Set(
    rows(sources).flatMap(([index, name]) => (name?.endsWith('.monitor') === true ? [index] : [])),
  );
  return rows(outputs).some(
    ([index, source]) => index !== undefined && /^\d+$/.test(index) && !monitors.has(source),
  );
}
