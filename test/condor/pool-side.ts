import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Disposable } from '../../electron/base/disposal.ts';
import { CatalogServer, catalogPort } from './catalog-server.ts';
import { exec } from './exec.ts';
import { TestPool } from './pool.ts';
import { toolPath } from './tools.ts';

const cli = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url));
/**
 * When a connection without an answer is given up, whether something waits to be sent or not: impatient within half a
 * minute, patient (as Linux is by itself) after more than ten.
 */
const patience = {
  impatient: { tcp_keepalive_intvl: 5, tcp_keepalive_probes: 4, tcp_retries2: 5 },
  patient: { tcp_keepalive_intvl: 75, tcp_keepalive_probes: 9, tcp_retries2: 15 },
};

/** A pool as its administrator runs it: by the commands of the product, on the central manager. */
export class PoolSide implements Disposable {
  readonly pool: TestPool;
  /** The folder of `gleaner pool init`. */
  readonly dir: string;
  readonly #path: string;
  #server: CatalogServer | undefined;

  private constructor(pool: TestPool) {
    this.pool = pool;
    this.dir = join(pool.dir, 'gleaner-pool');
    this.#path = toolPath(pool.manager, join(pool.dir, 'tools'));
  }

  /** A pool, its folder made, its snippet in force, its catalog published. */
  static async start(init: readonly string[] = []): Promise<PoolSide> {
    const pool = await TestPool.start({});
    const side = new PoolSide(pool);
    try {
      await side.must(
        ...['init', side.dir, '--pool', pool.domain, '--name', 'Test Pool', '--collector', pool.address],
        ...['--catalog-url', `http://${pool.address}:${catalogPort}/`, ...init],
      );
      side.useSnippet();
      pool.writeConfig('95-impatient.config', 'TCP_KEEPALIVE_INTERVAL = 5');
      await side.wait('impatient');
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

  /** How the central manager waits for answers from now on, on connections that it has, too. */
  async wait(how: keyof typeof patience): Promise<void> {
    const lines = Object.entries(patience[how]).map(([name, value]) => `echo ${value} > ${name}`);
    await this.pool.manager.must(['sh', '-euc', ['cd /proc/sys/net/ipv4', ...lines].join('\n')]);
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
    return exec([...['env', `PATH=${this.#path}`], ...[process.execPath, cli, 'pool', ...words]]);
  }

  /** The enrolment of a computer. */
  async enrolment(host: string, ...more: readonly string[]): Promise<string> {
    const out = join(this.pool.dir, 'enrolments');
    await this.must('add-host-token', this.dir, host, '--out', out, ...more);
    return readFileSync(join(out, `${host}.gleaner-pool.json`), 'utf8');
  }
}
