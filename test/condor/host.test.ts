import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PoolHost } from './pool-host.ts';
import { PoolSide } from './pool-side.ts';

/** A company's pool and one of its computers: these tests follow one another. */

let side: PoolSide;
let pc: PoolHost;

beforeAll(async () => {
  side = await PoolSide.start(['--core-hour', '36']);
  pc = await PoolHost.start('pc1');
});
afterAll(async () => {
  await pc.dispose();
  await side.dispose();
});

/** A submit description of jobs of one script, whose files go both ways. */
function scriptJob(more: readonly string[] = [], queue = 'queue'): string {
  return [
    'executable = job.sh',
    'arguments = $(Process)',
    'output = out.$(Process)',
    'error = err.$(Process)',
    'request_memory = 64',
    'request_disk = 10000',
    'should_transfer_files = YES',
    ...more,
    queue,
  ].join('\n');
}

/** How long the execution of one epoch record ran on its one core; 0 for what is no record. */
function chargedSeconds(ad: string): number {
  const number = (name: string): number => Number(new RegExp(`^${name} = (\\d+)$`, 'm').exec(ad)?.[1] ?? 0);
  const frozen = /^ChirpGleanerFrozen = "\d+[|]([\d.]+)"$/m.exec(ad)?.[1] ?? 0;
  return number('EpochWriteDate') - number('JobCurrentStartExecutingDate') - Number(frozen);
}

test('a computer joins by its enrolment and runs a cluster of jobs, with the right outputs', async () => {
  await pc.join(side, '--department', 'Physics');
  await pc.sees(({ state, sentence }) => state === 'waiting' && sentence.includes('ready'));
  const [slot] = await side.pool.untilSlots((slots) => slots.length > 0);
  expect(slot).toMatchObject({
    Machine: 'pc1.pool.test',
    GleanerHost: 'pc1',
    GleanerDepartment: 'Physics',
    GleanerState: 'contributing',
  });
  const script = '#!/bin/sh\necho "$1 squared is $(($1 * $1))"\nid -un\necho mine > /tmp/x && ls /tmp\n';
  const job = await side.pool.submit(scriptJob([], 'queue 2'), { 'job.sh': script });
  await side.pool.untilDone(job, 2);
  expect(side.pool.output(job, 'out.0')).toBe('0 squared is 0\nslot1_1\nx\n');
  expect(side.pool.output(job, 'out.1')).toBe('1 squared is 1\nslot1_1\nx\n');
  expect(side.pool.output(job, 'err.1')).toBe('');
  const { jobs } = await pc.sees(
    (_, snapshot) => snapshot.jobs.filter(({ state }) => state === 'done').length >= 2,
  );
  expect(jobs).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        title: `job.sh (${job.cluster}.0)`,
        owner: 'alice@pool.test',
        state: 'done',
      }),
    ]),
  );
});

test('a job that was frozen for a minute goes on, its output is right, and the minute is told and not charged', async () => {
  // It goes on until it is told that it was frozen.
  const script = `#!/bin/sh
chirp=/usr/libexec/condor/condor_chirp
$chirp set_job_attr_delayed ChirpGleanerProgress 0.25 || exit 1
n=0
while n=$((n + 1)) && echo $n && ! $chirp get_job_attr_delayed ChirpGleanerFrozen | grep -q '[|]'; do sleep 1; done
echo frozen
`;
  const job = await side.pool.submit(scriptJob(), { 'job.sh': script });
  // It says how far it is.
  await pc.sees(({ running }, { jobs }) => running === 1 && jobs.some(({ progress }) => progress === 0.25));
  await pc.host.call('pause', { length: 'manual' });
  await pc.sees((_, { vms }) => vms.some(({ phase }) => phase === 'frozen'));
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  await pc.host.call('resume', {});
  const events = await side.pool.untilDone(job);
  expect(events.map(({ code }) => code)).not.toContain(4);
  const counted = (side.pool.output(job, 'out.0') ?? '').trimEnd().split('\n');
  expect(counted.slice(0, -1)).toEqual(counted.slice(0, -1).map((_, n) => `${n + 1}`));
  expect(counted.at(-1)).toBe('frozen');
  await pc.sees((_, snapshot) =>
    snapshot.jobs.some(({ title, state }) => title === `job.sh (${job.cluster}.0)` && state === 'done'),
  );
  const { pool } = await pc.detail();
  const execution = pool?.executions.find(({ name }) => name === `${job.cluster}.0`);
  expect(execution?.frozenSeconds).toBeGreaterThan(58);
  const charged =
    ((execution?.endedAt ?? 0) - (execution?.startedAt ?? 0)) / 1000 - (execution?.frozenSeconds ?? 0);
  // 36 points an hour for its one core.
  expect(execution?.earned?.amount).toBeCloseTo(charged / 100, 2);
  const [, told] = /^ChirpGleanerFrozen = "1[|]([\d.]+)"$/m.exec(await side.pool.epochs()) ?? [];
  expect(Number(told)).toBe(Math.round(execution?.frozenSeconds ?? 0));
});

test('a policy that narrows reaches the node within a minute, and new jobs that exceed it do not start', async () => {
  await side.must('policy', 'set', side.dir, '--run', 'off');
  await pc.sees(({ sentence }) => sentence === 'The pool asks all its computers to rest.');
  // Its node goes, and takes what it offered along.
  await side.pool.untilSlots((slots) => slots.length === 0);
  await side.must('policy', 'set', side.dir, '--run', 'on', '--share', '50%');
  await pc.sees((_, { vms }) =>
    vms.some(({ name, shareGranted }) => name.startsWith('condor') && shareGranted === 0.5),
  );
});

test('a workload reaches the pool’s own places and nothing else', async () => {
  // Nothing drops packets where it runs: each place answers or cannot be reached, and none needs a limit.
  const script = `#!/bin/sh
for place in 10.77.0.1/9618 10.77.0.1/8080 10.77.0.1/22 10.77.0.9/22 127.0.0.1/22 192.0.2.1/80; do
  bash -c "exec 3<>/dev/tcp/$place" 2>/dev/null && echo "$place open" || echo "$place closed"
done
bash -c 'exec 3<>/dev/tcp/127.0.0.1/9620; echo {} >&3; read -r line <&3 && echo "control: $line"' || echo 'control: nothing'
cat /dev/shm/gleaner/tokens/* 2>/dev/null || echo 'no token'
ls /proc | grep -c '^[0-9]' | sed 's/^[1-9]$/few processes/'
unshare -r true 2>/dev/null && echo 'another namespace' || echo 'no namespace'
grep -h '^Cap\\|^NoNewPrivs' /proc/self/status | tr '\\n\\t' '  '
`;
  const job = await side.pool.submit(scriptJob(), { 'job.sh': script });
  await side.pool.untilDone(job);
  const none = '0000000000000000';
  expect(side.pool.output(job, 'out.0')).toBe(
    [
      '10.77.0.1/9618 open',
      '10.77.0.1/8080 closed',
      '10.77.0.1/22 closed',
      '10.77.0.9/22 closed',
      '127.0.0.1/22 closed',
      '192.0.2.1/80 closed',
      'control: nothing',
      'no token',
      'few processes',
      'no namespace',
      `CapInh: ${none} CapPrm: ${none} CapEff: ${none} CapBnd: ${none} CapAmb: ${none} NoNewPrivs: 1 `,
    ].join('\n'),
  );
});

test('a statement of the pool settles what was pending', async () => {
  // A statement is of days that are over: the pool's record as it would be the day after tomorrow, seen from there.
  const dayMs = 86_400_000;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const record = (await side.pool.epochs()).replaceAll(
    /= (\d{10})$/gm,
    (_, seconds: string) => `= ${Number(seconds) - (2 * dayMs) / 1000}`,
  );
  const path = join(side.pool.dir, 'epochs-of-earlier');
  writeFileSync(path, record);
  // What the host reckoned with and what the pool recorded end at other times: each is added up for itself.
  await pc.sees((_, { jobs }) => jobs.filter(({ state }) => state === 'done').length >= 4);
  const before = (await pc.detail()).pool?.executions ?? [];
  const pending = before.reduce((sum, { earned }) => sum + (earned?.amount ?? 0), 0);
  const recorded = record.split(/^[*]{3} EPOCH .*$/m).reduce((sum, ad) => sum + chargedSeconds(ad) / 100, 0);
  const now = Date.now();
  await side.must(
    ...['statement', side.dir, '--from', day(now - 3 * dayMs), '--to', day(now - dayMs), '--publish'],
    ...['--history', path],
  );
  await pc.host.call('grids.update', { id: 'condor-pool-test' });
  await pc.sees((_, { today }) =>
    today.earned.some(({ grid, settled }) => grid.startsWith('condor') && settled > 0),
  );
  const { pool } = await pc.detail();
  expect(pool?.statements).toMatchObject([{ unit: 'points', executions: 4 }]);
  const [statement] = pool?.statements ?? [];
  expect(statement?.pending).toBeCloseTo(pending, 2);
  expect(statement?.amount).toBeCloseTo(recorded, 2);
  expect(await pc.host.call('ledger.verify', {})).toMatchObject({ ok: true });
});

test('a host that is revoked is out at once, and knows why at its next contact', async () => {
  await side.must('revoke-host', side.dir, 'pc1');
  side.useSnippet();
  await side.pool.reconfig();
  await pc.sees(({ state, failure }) => state === 'attention' && failure?.code === 'pool-revoked');
  await side.pool.manager.log('Collector').untilMatch(/DENIED to exec-pc1@pool[.]test/);
  await pc.sees((_, { vms }) => vms.every(({ phase }) => phase === 'stopped'));
});

test('leaving takes every trace of it away, but for the ledger', async () => {
  await pc.host.call('grids.leave', { id: 'condor-pool-test' });
  expect(await pc.host.call('grids.list', {})).toHaveLength(1);
  expect(pc.files().filter((name) => name.includes('condor'))).toEqual([]);
  expect((await pc.host.call('ledger.list', { limit: 20 })).length).toBeGreaterThan(4);
});
