import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { countingJob, countingResult, countingScript, scratchFile, tell } from './jobs.ts';
import { hostAddress } from './network.ts';
import { PlainNode } from './plain-node.ts';
import { type Submitted, TestPool } from './pool.ts';

let pool: TestPool;
let nodes: { a: PlainNode; b: PlainNode };

beforeAll(async () => {
  pool = await TestPool.start({ submitAddress: '10.77.0.2' });
  const [a, b] = await Promise.all([
    PlainNode.start(pool, { name: 'a', address: '10.77.0.11' }),
    PlainNode.start(pool, { name: 'b', address: '10.77.0.12' }),
  ]);
  nodes = { a, b };
});

afterAll(async () => {
  await pool.dispose();
});

/** The node that runs the job, and the other. */
async function placeOf({ cluster }: Submitted): Promise<{ its: PlainNode; other: PlainNode }> {
  const [ad] = await pool.jobs(`ClusterId == ${cluster}`);
  const onA = String(ad?.['RemoteHost']).endsWith(nodes.a.machine.name);
  return onA ? { its: nodes.a, other: nodes.b } : { its: nodes.b, other: nodes.a };
}

const small = `
should_transfer_files = YES
request_memory = 64
request_disk = 1000
`;

describe('a pool of plain nodes', () => {
  test('takes a cluster of jobs and brings every output back', async () => {
    const numbers = [0, 1, 2, 3, 4, 5];
    const job = await pool.submit(
      `${small}
executable = square.sh
arguments = $(Process)
transfer_input_files = words
output = out.$(Process)
queue ${numbers.length}`,
      { 'square.sh': '#!/bin/sh\necho "$(cat words) $(($1 * $1)) $(id -un)"\n', words: 'the square is' },
    );
    await pool.untilDone(job, numbers.length);
    const outputs = numbers.map((number) => pool.output(job, `out.${number}`));
    expect(outputs).toEqual(numbers.map((number) => `the square is ${number * number} nobody\n`));
    await pool.untilForgotten(job);
  });

  test('takes jobs from a second submit node, and of another user', async () => {
    const script = '#!/bin/sh\necho done\n';
    const job = await pool.submit(
      `${small}\nexecutable = job.sh\noutput = out\nqueue`,
      { 'job.sh': script },
      { user: 'bob', on: pool.submitNode },
    );
    await pool.untilDone(job);
    expect(pool.output(job, 'out')).toBe('done\n');
    expect(await pool.epochs(pool.submitNode)).toContain('Owner="bob"');
    expect(await pool.epochs()).not.toContain('Owner="bob"');
  });

  test('goes on with a job after the central manager was killed and came back', async () => {
    const job = await pool.submit(
      countingJob({ steps: 12, perCheckpoint: 100, until: 'told' }),
      countingScript,
    );
    await pool.untilJob(job, (events) => events.some(({ code }) => code === 1));
    const { its } = await placeOf(job);
    await pool.killAndReturn();
    await pool.untilJob(job, (events) => events.some(({ code }) => code === 23 || code === 24));
    tell(its.machine, job);
    const events = await pool.untilDone(job);
    expect(pool.output(job, 'out')).toBe(countingResult(12));
    // A new shadow took over what the node had gone on with.
    expect(events.filter(({ code }) => code === 1)).toHaveLength(1);
    expect(events.map(({ code }) => code)).toContain(23);
  });

  test('loses nothing when a node cannot be reached for less than the lease', async () => {
    const job = await pool.submit(
      countingJob({ steps: 8, perCheckpoint: 100, until: 'told' }),
      countingScript,
    );
    await pool.untilJob(job, (events) => events.some(({ code }) => code === 1));
    const { its } = await placeOf(job);
    onTestFinished(() => its.machine.cable.mend());
    await its.machine.cable.cut();
    tell(its.machine, job);
    // The starter itself waits for its shadow now, so it is the job that tells.
    await scratchFile(its.machine, job, 'state').untilMatch(/^8 /);
    expect(pool.output(job, 'out') ?? '').toBe('');
    await its.machine.cable.mend();
    const events = await pool.untilDone(job);
    expect(pool.output(job, 'out')).toBe(countingResult(8));
    expect(events.filter(({ code }) => code === 1)).toHaveLength(1);
  });

  test('finishes a vacated job elsewhere, from its checkpoint, with the same result', async () => {
    const job = await pool.submit(
      countingJob({ steps: 12, perCheckpoint: 4, until: 'told' }),
      countingScript,
    );
    await pool.untilJob(job, (events) => events.some(({ code }) => code === 1));
    const { its, other } = await placeOf(job);
    onTestFinished(() => its.open());
    // It handed over its checkpoints, and waits.
    await scratchFile(its.machine, job, 'state').untilMatch(/^11 /);
    await its.vacate();
    await pool.untilJob(job, (seen) => seen.filter(({ code }) => code === 1).length > 1);
    tell(other.machine, job);
    const events = await pool.untilDone(job);
    expect(pool.output(job, 'out')).toBe(countingResult(12));
    // Started once, again after each checkpoint that it wrote itself, and once elsewhere.
    expect(pool.output(job, 'state')).toMatch(/^12 650 [34]\n$/);
    const runs = events.filter(({ code }) => code === 1).map(({ text }) => text);
    expect(runs[0]).toContain(its.machine.address);
    expect(runs.at(-1)).toContain(other.machine.address);
    expect(events.map(({ code }) => code)).toContain(4);
    // One record for each execution, wherever it ended.
    const records = (await pool.epochs()).split(/^\*\*\* EPOCH /m).slice(0, -1);
    const hosts = records
      .filter((record) => record.includes(`\nClusterId = ${job.cluster}\n`))
      .map((record) => /^RemoteHost = "slot1_\d+@(.*)"$/m.exec(record)?.[1]);
    expect(hosts).toEqual([its.machine.name, other.machine.name]);
  });
});

describe('the network of pools', () => {
  test('reaches each of two pools from the tests’ own side, by its own address only', async () => {
    const other = await TestPool.start({
      network: pool.network,
      address: '10.77.0.3',
      domain: 'other.test',
    });
    onTestFinished(() => other.dispose());
    const ours = await connected(pool.address);
    const theirs = await connected(other.address);
    expect([ours.remoteAddress, theirs.remoteAddress]).toEqual(['10.77.0.1', '10.77.0.3']);
    expect(ours.localAddress).toBe(hostAddress);
    const reset = once(ours, 'error') as Promise<[NodeJS.ErrnoException]>;
    expect(await pool.manager.cable.reset(hostAddress)).toBe(1);
    expect((await reset)[0].code).toBe('ECONNRESET');
    expect(theirs.destroyed).toBe(false);
  });
});

/** A connection to the shared port, which waits for a command. */
async function connected(address: string): Promise<Socket> {
  const socket = connect(9618, address);
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}
