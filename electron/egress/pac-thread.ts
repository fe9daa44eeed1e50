import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { createPacResolver } from 'pac-resolver';
import { QuickJS } from 'quickjs-wasi';
import type { PacQuestion } from './pac.ts';

/** In pages of 64 KiB: 32 MiB for the engine and all that a script makes. */
const memoryPagesMax = 512;

/** The thread of a PAC script: answers one question after the other. */
export function servePac(): void {
  const port = parentPort;
  if (!port) throw new Error('this is the script of a thread');
  const finder = load(String(workerData));
  finder.catch(() => undefined);
  port.on('message', ({ url, host }: PacQuestion) => {
    finder
      .then((find) => find(url, host) as Promise<unknown>)
      .then((answer) => {
        if (typeof answer !== 'string') throw new Error('it answers with something that is no text');
        port.postMessage({ answer: answer.slice(0, 1000) });
      })
      .catch((error: unknown) => {
        port.postMessage({
          error: (error instanceof Error ? error.message : String(error)).slice(0, 200) || 'it fails',
        });
      });
  });
}

async function load(source: string): Promise<(url: string, host: string) => Promise<string>> {
  const packagePath = createRequire(import.meta.url).resolve('quickjs-wasi/package.json');
  const engine = new Uint8Array(await readFile(join(dirname(packagePath), 'quickjs.wasm')));
  const machine = await QuickJS.create({
    wasm: await WebAssembly.compile(capMemory(engine, memoryPagesMax)),
  });
  // The library's own would ask a server on the internet for our address, write to our console, and match by a
  // regular expression of the script's making outside of the sandbox.
  const sandbox = {
    myIpAddress: localAddress,
    alert: () => undefined,
    shExpMatch: matchesGlob,
    dnsResolve: resolve,
    isResolvable: async (host: string) => (await resolve(host)) !== null,
  };
  return createPacResolver(machine, source, { sandbox });
}

async function resolve(host: string): Promise<string | null> {
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch {
    return null;
  }
}

function localAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((listed) => listed ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

/** Whether a text is of the form of a shell's pattern with `*` and `?`. Takes at most their lengths' product of steps. Pure. */
export function matchesGlob(text: unknown, pattern: unknown): boolean {
  const [subject, glob] = [String(text), String(pattern)];
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let index = 0; index < subject.length; ) {
    if (glob[at] === '*') {
      star = at;
      at += 1;
      retry = index;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === subject[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // Let the last star take one character more.
      at = star + 1;
      retry += 1;
      index = retry;
    } else return false;
  }
  return /^\**$/.test(glob.slice(at));
}

/**
 * The WebAssembly module with a bound on its one memory: the engine's own bound does not count large blocks.
 * Throws when the module has no memory of its own. Pure. (WebAssembly Core Specification 2.0, 5.5.)
 */
export function capMemory(module: Uint8Array, pagesMax: number): Uint8Array<ArrayBuffer> {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0 || shift > 28) return value;
    }
  };
  while (at < module.length) {
    const start = at;
    const id = number();
    const size = number();
    const end = at + size;
    if (id === memorySection) {
      const [count, flags, pages] = [number(), number(), number()];
      if (count !== 1 || flags > 1) break;
      const content = [1, 1, ...leb128(pages), ...leb128(pagesMax)];
      const section = [memorySection, ...leb128(content.length), ...content];
      return new Uint8Array(
        Buffer.concat([module.subarray(0, start), Buffer.from(section), module.subarray(end)]),
      );
    }
    at = end;
  }
  throw new Error('the engine has no memory that can be bounded');
}

const memorySection = 5;

function leb128(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
    if (rest === 0) return bytes;
  }
}
