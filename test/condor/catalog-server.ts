import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Disposable } from '../../electron/base/disposal.ts';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';
import type { CondorMachine } from './machine.ts';

export const catalogPort = 8080;

/** A web server on a machine of the pool, which hands out a folder with tags, as any static web server does. */
export class CatalogServer implements Disposable {
  readonly #child: OwnedChild;

  private constructor(child: OwnedChild) {
    this.#child = child;
  }

  /** Resolves when it listens. */
  static async start(machine: CondorMachine, dir: string): Promise<CatalogServer> {
    const child = spawnOwned(
      [
        ...['nsenter', `--target=${machine.box.pid}`, '--net', '--'],
        ...[process.execPath, fileURLToPath(import.meta.url), dir, machine.address],
      ],
      { env: process.env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    if (child.process.stdout) await once(child.process.stdout, 'data');
    return new CatalogServer(child);
  }

  async dispose(): Promise<void> {
    await this.#child.stop(0);
  }
}

/** The server itself, in a process of the pool's network. */
async function serve(dir: string, address: string): Promise<void> {
  const server = createServer((asked, answer) => {
    const path = normalize(decodeURIComponent(new URL(asked.url ?? '/', 'http://x').pathname));
    readFile(join(dir, path)).then(
      (bytes) => {
        const tag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
        const isSame = asked.headers['if-none-match'] === tag;
        answer.writeHead(isSame ? 304 : 200, { ETag: tag });
        answer.end(isSame ? undefined : bytes);
      },
      () => {
        answer.writeHead(404).end();
      },
    );
  });
  server.listen(catalogPort, address);
  await once(server, 'listening');
  process.stdout.write('listening\n');
}

const [, script, dir, address] = process.argv;
if (script === fileURLToPath(import.meta.url) && dir !== undefined && address !== undefined) {
  await serve(dir, address);
}
