import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { Enrolment } from '../../electron/contract/pool.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo } from '../unit/cli-fixture.ts';
import { countingJob, countingResult, countingScript, tell } from './jobs.ts';
import type { CondorMachine } from './machine.ts';
import { PlainNode } from './plain-node.ts';
import { TestPool } from './pool.ts';
import { toolPath } from './tools.ts';

/** The administrator's folder, as the central manager sees it. */
const dirThere = '/home/gleaner';
let pool: TestPool;
let dir: string;
const nodes = new Map<string, PlainNode>();

/** The command as an administrator runs it on the central manager: HTCondor's tools are the ones there. */
async function gleaner(...argv: readonly string[]): Promise<Record<string, unknown>> {
  const io = Object.assign(memoryIo(), { now: () => Date.now() });
  const env = { GLEANER_HOME: join(pool.dir, 'gleaner') };
  const paths = resolvePaths({ platform: 'linux', home: pool.dir, uid: 0, env });
  const code = await runProgram(['pool', ...argv, '--json'], { io, paths, program: testProgram });
  if (code !== 0) throw new Error(io.stderr);
  return JSON.parse(io.stdout) as Record<string, unknown>;
}

/** A node that joins with the token of `pool add-host-token`, and says in every way it can that it is `says`. */
async function joined(name: string, address: string, says = name): Promise<void> {
  await gleaner('add-host-token', dir, name, '--out', join(pool.dir, 'tokens'));
  const text = await readFile(join(pool.dir, 'tokens', `${name}.gleaner-pool.json`), 'utf8');
  const { token } = Enrolment.parse(JSON.parse(text));
  const ours = vi.spyOn(pool, 'token').mockResolvedValue(token);
  try {
    const node = await PlainNode.start(pool, {
      name,
      address,
      config: `
GleanerHost = "${says}"
GleanerDepartment = "Sales"
GleanerState = "contributing"
GleanerCores = 2
AuthenticatedIdentity = "exec-${says}@${pool.domain}"
STARTD_ATTRS = $(STARTD_ATTRS) GleanerHost GleanerDepartment GleanerState GleanerCores AuthenticatedIdentity
`,
    });
    nodes.set(name, node);
  } finally {
    ours.mockRestore();
  }
}

beforeAll(async () => {
  pool = await TestPool.start();
  dir = join(pool.manager.box.dir, 'home', 'gleaner');
  vi.stubEnv('PATH', toolPath(pool.manager, join(pool.dir, 'bin')));
  await gleaner(
    ...['init', dir, '--pool', pool.domain, '--name', 'Test', '--collector', pool.address],
    ...['--catalog-url', 'http://catalog.invalid/'],
  );
  const conf = await readFile(join(dir, 'condor', '90-gleaner.conf'), 'utf8');
  // What the test pool itself allows to hosts is taken away: the snippet alone lets them in.
  pool.writeConfig(
    '85-nobody.config',
    'ALLOW_ADVERTISE_STARTD = root@*, condor@*\nALLOW_ADVERTISE_MASTER = root@*, condor@*',
  );
  pool.writeConfig('90-gleaner.conf', conf.replaceAll(dir, dirThere));
  // As an administrator restarts HTCondor: not all of it is read anew.
  await pool.manager.kill9All();
  await pool.restart();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await pool.dispose();
});

const small = 'should_transfer_files = YES\nrequest_memory = 64\nrequest_disk = 1000\n';
const nodeOf = (name: string): CondorMachine => {
  const node = nodes.get(name);
  if (node === undefined) throw new Error(`${name} did not join`);
  return node.machine;
};
const where = (host: string): string => `requirements = GleanerHost == "${host}"\n`;

describe('a pool that is run by the command', () => {
  test('takes the snippet as it is', async () => {
    expect(await pool.manager.must(['condor_config_val', 'GLEANER_POOL'])).toBe(`${pool.domain}\n`);
    const allowed = await pool.manager.must(['condor_config_val', 'ALLOW_ADVERTISE_STARTD']);
    expect(allowed).toContain(`exec-*@${pool.domain}`);
    expect((await pool.manager.run(['condor_config_val', '-config'])).stdout).toContain(
      '91-gleaner-revoked.conf',
    );
  });

  test('takes hosts by their tokens, shows them, and charges what they did, each under its own name', async () => {
    await joined('pc1', '10.77.0.11');
    await joined('pc2', '10.77.0.12');
    await joined('pc3', '10.77.0.13', 'pc1');
    const fleet = await gleaner('fleet', dir);
    expect(fleet).toMatchObject({
      notProved: 1,
      hosts: [{ host: 'pc1', state: 'contributing' }, { host: 'pc2' }],
    });
    const script = { 'job.sh': '#!/bin/sh\nsleep 3; echo done\n' };
    const job = await pool.submit(
      `${small}${where('pc2')}executable = job.sh\noutput = out\nqueue 2`,
      script,
    );
    await pool.untilDone(job, 2);
    const liar = await pool.submit(
      `${small}requirements = Machine == "pc3.${pool.domain}"\nexecutable = job.sh\noutput = out\nqueue`,
      script,
    );
    await pool.untilDone(liar);
    const epochs = await pool.epochs();
    // What the collector found by the token, not what the machine said.
    expect(epochs).toContain(`MachineAttrAuthenticatedIdentity0 = "exec-pc3@${pool.domain}"`);
    const history = join(pool.dir, 'epochs');
    await writeFile(history, epochs);
    const day = (at: number): string => new Date(at).toLocaleDateString('sv');
    const now = Date.now();
    const statement = await gleaner(
      ...['statement', dir, '--from', day(now - 86_400_000), '--to', day(now), '--history', history],
    );
    expect(statement).toMatchObject({
      rows: [{ key: 'pc2', executions: 2 }],
      skipped: { repeated: 0, contradicting: 0, broken: 0, refused: [{ why: 'two-hosts', count: 1 }] },
    });
  });

  test('lets no job, and no owner of one, say that it was lost', async () => {
    const script =
      '#!/bin/sh\n/usr/libexec/condor/condor_chirp set_job_attr VacateReasonCode 1007 && echo written\n';
    const job = await pool.submit(
      `${small}${where('pc2')}+VacateReasonCode = 1007\n+WantIOProxy = True\nexecutable = job.sh\noutput = out\nqueue`,
      { 'job.sh': script },
    );
    await pool.untilDone(job);
    expect(pool.output(job, 'out')).toMatch(/^\s*Error: .*Permission denied.*\n$/);
    expect(await pool.epochs()).not.toContain('VacateReasonCode = 1007');
  });

  test('shuts a host out at once: its job starts elsewhere, and it is let in again by a word', async () => {
    const job = await pool.submit(
      `requirements = member(Machine, {"pc1.${pool.domain}", "pc2.${pool.domain}"})\nrank = (GleanerHost == "pc1") * 10\n${countingJob({ steps: 2, perCheckpoint: 100, until: 'told' })}`,
      countingScript,
    );
    await pool.untilJob(job, (events) => events.some(({ code }) => code === 1));
    const [ad] = await pool.jobs(`ClusterId == ${job.cluster}`);
    const host = /@(pc\d)\./.exec(String(ad?.['RemoteHost']))?.[1] ?? '';
    const from = pool.manager.log('Collector').end;
    const revoked = await gleaner('revoke-host', dir, host);
    expect(revoked).toMatchObject({ isDone: true });
    // It starts anew, for it ends nowhere before it is told.
    await pool.untilJob(job, (seen) => seen.filter(({ code }) => code === 1).length > 1);
    const other = host === 'pc1' ? 'pc2' : 'pc1';
    tell(nodeOf(other), job);
    const events = await pool.untilDone(job);
    expect(pool.output(job, 'out')).toBe(countingResult(2));
    const runs = events.filter(({ code }) => code === 1).map(({ text }) => text);
    expect(runs).toHaveLength(2);
    expect(runs[1]).toContain(nodeOf(other).address);
    await pool.manager.log('Collector').untilMatch(new RegExp(`PERMISSION DENIED to exec-${host}@`), from);
    const again = pool.manager.log('Collector').end;
    await gleaner('revoke-host', dir, host, '--undo');
    await pool.manager
      .log('Collector')
      .untilMatch(new RegExp(`MachineSlotAd\\s*: (Inserting|Updating).*${host}`), again);
    // HTCondor itself may still say why an execution ended.
    expect(await pool.epochs()).toMatch(/^VacateReasonCode = 1005$/m);
  });
});
