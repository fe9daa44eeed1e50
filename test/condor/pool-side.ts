import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Disposable } from '../../electron/base/disposal.ts';
import { CatalogServer, catalogPort } from './catalog-server.ts';
import { exec } from './exec.ts';
import { TestPool } from './pool.ts';

const cli = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url));
/** HTCondor's tools that the product's commands call. */
const tools = [
  'condor_config_val',
  'condor_reconfig',
  'condor_status',
  'condor_token_create',
  'condor_vacate_job',
  'condor_q',
];

/** A pool as its administrator runs it: by the commands of the product, on the central manager. */
export class PoolSide implements Disposable {
  readonly pool: TestPool;
  /** The folder of `gleaner pool init`. */
  readonly dir: string;
  readonly #binDir: string;
  #server: CatalogServer | undefined;

  private constructor(pool: TestPool) {
    this.pool = pool;
    this.dir = join(pool.dir, 'gleaner-pool');
    this.#binDir = join(pool.dir, 'tools');
  }

  /** A pool, its folder made, its snippet in force, its catalog published. */
  static async start(init: readonly string[] = []): Promise<PoolSide> {
    const pool = await TestPool.start({});
    const side = new PoolSide(pool);
    try {
      side.#wrapTools();
      await side.must(
        ...['init', side.dir, '--pool', pool.domain, '--name', 'Test Pool', '--collector', pool.address],
        ...['--catalog-url', `http://${pool.address}:${catalogPort}/`, ...init],
      );
      side.useSnippet();
      await pool.reconfig();
      side.#server = await CatalogServer.start(pool.manager, join(side.dir, 'public'));
      return side;
    } catch (error) {
      await side.dispose();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.#server?.dispose();
    await this.pool.dispose();
  }

  /** Puts what the product wrote for HTCondor where HTCondor reads it. */
  useSnippet(): void {
    for (const name of ['90-gleaner.conf', '91-gleaner-revoked.conf']) {
      this.pool.writeConfig(name, readFileSync(join(this.dir, 'condor', name), 'utf8'));
    }
  }

  /** Runs `gleaner pool …` on the central manager; its standard output. */
  async must(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    if (code === 0) return stdout;
    throw new Error(`gleaner pool ${words.join(' ')} ended with ${code}: ${stderr} ${stdout}`);
  }

  run(...words: readonly string[]): ReturnType<typeof exec> {
    return exec([
      ...['env', `PATH=${this.#binDir}:${process.env['PATH'] ?? ''}`],
      ...[process.execPath, cli, 'pool', ...words],
    ]);
  }

  /** The enrolment of a computer. */
  async enrolment(host: string, ...more: readonly string[]): Promise<string> {
    const out = join(this.pool.dir, 'enrolments');
    await this.must('add-host-token', this.dir, host, '--out', out, ...more);
    return readFileSync(join(out, `${host}.gleaner-pool.json`), 'utf8');
  }

  /** The commands run outside of the machine, its tools inside. */
  #wrapTools(): void {
    mkdirSync(this.#binDir);
    const { pid } = this.pool.manager.box;
    for (const tool of tools) {
      const path = join(this.#binDir, tool);
      writeFileSync(
        path,
        `#!/bin/sh\nexec nsenter --target=${pid} --net --mount --uts --ipc --pid -- ${tool} "$@"\n`,
      );
      chmodSync(path, 0o755);
    }
  }
}
