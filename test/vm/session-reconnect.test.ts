import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { patientBounds } from './patience.ts';
import { type BareVm, bootBareVm, bootLimitMs } from './session-fixture.ts';

const MiB = 1024 * 1024;
/** This test loses more sessions in a minute than a sound VM ever does. */
const patient = { ...patientBounds, losses: 1000 };

let vm: BareVm | undefined;
let session: GuestSession | undefined;

beforeAll(async () => {
  vm = await bootBareVm();
});
afterAll(async () => {
  await session?.dispose();
  await vm?.end();
});

const running = (): BareVm => {
  if (!vm) throw new Error('no VM');
  return vm;
};
const spread = (values: number[]): string => {
  const sorted = values.toSorted((a, b) => a - b).map(Math.round);
  return `median ${sorted[Math.floor(sorted.length / 2)] ?? 0} ms, worst ${sorted.at(-1) ?? 0} ms`;
};

test('the session opens with a guest that still boots', async () => {
  session = running().session(patient);
  const hello = await session.connect(bootLimitMs);
  expect(hello.protocol).toBe(1);
  console.log(`ready ${Math.round(performance.now() - running().startedAt)} ms after QEMU's start`);
});

test('a call goes round', async () => {
  const times: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    const before = performance.now();
    await session?.usage();
    times.push(performance.now() - before);
  }
  console.log(`ctl usage: ${spread(times)}`);
});

test('a child killed while idle is replaced, 10 of 10', async () => {
  const children = running().children.length;
  const times: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    const before = performance.now();
    running().children.at(-1)?.kill();
    // The call may be under way when the loss is noticed.
    await session?.usage().catch(() => undefined);
    await session?.usage();
    times.push(performance.now() - before);
  }
  expect(running().children).toHaveLength(children + 10);
  console.log(`repaired after a kill: ${spread(times)}`);
});

test('connections that are cut in mid-transfer are followed by good ones, 10 of 10', async () => {
  await session?.dispose();
  const times: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    const before = performance.now();
    const { ssh, socket } = await running().raw({ fresh: false });
    expect((await ssh.exec('ctl hello')).stdout).toContain('protocol 1');
    times.push(performance.now() - before);
    const lost = new Promise((resolve) => {
      ssh.onLost(resolve);
    });
    if (count % 2 === 0) {
      // Download: cut when a megabyte has come.
      let got = 0;
      const download = ssh.exec('cat /dev/zero', {
        onOutput: (chunk) => {
          got += chunk.length;
          if (got > MiB) socket.destroy();
        },
      });
      await expect(download).rejects.toMatchObject({ code: 'session-lost' });
    } else {
      // Upload: cut when a megabyte has gone.
      socket.on('data', () => {
        if (socket.bytesWritten > MiB) socket.destroy();
      });
      const upload = ssh.exec('cat >/dev/null', { stdin: Buffer.alloc(16 * MiB) });
      await expect(upload).rejects.toMatchObject({ code: 'session-lost' });
    }
    await lost;
  }
  console.log(`connected after a cut transfer: ${spread(times)}`);
  session = running().session(patient);
  await session.connect(bootLimitMs);
});

test('a session outlives a frozen guest, whose clock is set afterwards', async () => {
  const { monitor } = running();
  const children = running().children.length;
  await monitor.execute('stop');
  session?.frozen(true);
  let answered = false;
  const usage = session?.usage().then(() => {
    answered = true;
  });
  await monitor.execute('query-status');
  expect(answered).toBe(false);
  session?.frozen(false);
  await monitor.execute('cont');
  await session?.setClock(Date.now());
  await usage;
  expect(running().children).toHaveLength(children);
});

test('of two thousand commands in a row none stands still', async () => {
  await session?.dispose();
  const { ssh } = await running().raw({ fresh: false });
  const times: number[] = [];
  // A wake-up that is lost in the guest would leave one of them without an answer for good.
  for (let count = 0; count < 2000; count += 1) {
    const before = performance.now();
    expect((await ssh.exec('true')).code).toBe(0);
    times.push(performance.now() - before);
  }
  console.log(`commands in a row: ${spread(times)}`);
  ssh.end();
});

test('a guest that floods console and session is contained: other calls are answered', async () => {
  await session?.dispose();
  const { ssh } = await running().raw({ fresh: false });
  await ssh.exec('sh -c "yes console >/dev/ttyS0 & echo \\$! >/run/flood"');
  let flooded = 0;
  await new Promise<void>((begun) => {
    const flood = ssh.exec('yes session', {
      onOutput: (chunk) => {
        flooded += chunk.length;
        begun();
      },
    });
    flood.catch(() => undefined);
  });
  const times: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    const before = performance.now();
    expect((await ssh.exec('ctl usage')).code).toBe(0);
    times.push(performance.now() - before);
  }
  console.log(`ctl usage beside a flood of ${Math.round(flooded / MiB)} MiB: ${spread(times)}`);
  await ssh.exec('sh -c "kill \\$(cat /run/flood)"');
  ssh.end();
});
