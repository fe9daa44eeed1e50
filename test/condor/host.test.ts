import { afterAll, beforeAll, expect, test } from 'vitest';
import { PoolHost } from './pool-host.ts';
import { PoolSide } from './pool-side.ts';

/** A company's pool and one of its computers. */

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

test('a computer joins by its enrolment and runs a cluster of jobs, with the right outputs', async () => {
  await pc.join(side, '--department', 'Physics');
  await pc.sees(({ state, sentence }) => state === 'waiting' && sentence.includes('ready'));
  const [slot] = await side.pool.untilSlots((slots) => slots.length > 0);
  expect(slot).toMatchObject({ Machine: 'pc1.pool.test', GleanerHost: 'pc1', GleanerDepartment: 'Physics' });
  const job = await side.pool.submit(
    [
      'executable = job.sh',
      'arguments = $(Process)',
      'output = out.$(Process)',
      'error = err.$(Process)',
      'request_memory = 64',
      'request_disk = 10000',
      'should_transfer_files = YES',
      'queue 2',
    ].join('\n'),
    { 'job.sh': '#!/bin/sh\necho "$1 squared is $(($1 * $1))"; id -un; echo mine > /tmp/x; ls /tmp\n' },
  );
  await side.pool.untilDone(job, 2);
  expect(side.pool.output(job, 'out.1')).toBe('1 squared is 1\nslot1_1\nx\n');
  expect(side.pool.output(job, 'err.1')).toBe('');
});
