import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Variant } from 'dbus-next';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { type Log, silentLog } from '../../electron/base/log.ts';
import { Inhibitor } from '../../electron/policy/inhibitor.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeSystemBus, logind } from '../fakes/fake-system-bus.ts';

const manager = { path: '/org/freedesktop/login1', interface: 'org.freedesktop.login1.Manager' };
let bus: FakeSystemBus;
let inhibitor: Inhibitor | undefined;

const make = (o: Partial<ConstructorParameters<typeof Inhibitor>[0]> = {}): Inhibitor => {
  inhibitor = new Inhibitor({ clock: systemClock, log: silentLog, ...o });
  return inhibitor;
};

/** logind hears of a closed descriptor in its own time: asks until it has. */
const untilFree = () => until(async () => (await bus.inhibitors()).length === 0);

/** Each question is a round trip on the bus, so that this is no busy loop. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let asked = 0; asked < 5000; asked += 1) {
    if (await holds()) return;
    await bus.roundTrip();
  }
  throw new Error('it never came true');
}

beforeAll(async () => {
  bus = await FakeSystemBus.start();
  await bus.mock(logind);
});

afterEach(async () => {
  await inhibitor?.dispose();
  await untilFree();
});

afterAll(async () => {
  await bus.close();
});

test('holds a delay lock on sleep and one on shutdown until it lets go, and takes it anew', async () => {
  const lock = make();
  expect(lock.held).toBeNull();
  expect(await Promise.all([lock.hold(), lock.hold()])).toEqual([true, true]);
  expect(lock.held).toBe(true);
  const held = await bus.inhibitors();
  expect(held.map((entry) => entry.slice(0, 4)).sort()).toEqual(
    ['shutdown', 'sleep'].map((what) => [
      ...[what, 'Gleaner', 'Jobs are being brought to a halt and saved', 'delay'],
    ]),
  );
  lock.release();
  expect(lock.held).toBeNull();
  await untilFree();
  expect(await lock.hold()).toBe(true);
  expect(lock.held).toBe(true);
  expect(await bus.inhibitors()).toHaveLength(2);
  await lock.dispose();
  expect(lock.held).toBeNull();
  await untilFree();
  expect(await lock.hold()).toBe(false);
});

test('leaves nothing behind when its host is killed', async () => {
  const script = new URL('./inhibitor-child.ts', import.meta.url).pathname;
  const host = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(host.stdout, 'data')) as [Buffer];
  const { held, pids } = JSON.parse(text.toString()) as { held: boolean; pids: number[] };
  expect(held).toBe(true);
  expect(pids.length).toBe(3);
  expect(await bus.inhibitors()).toHaveLength(2);
  host.kill('SIGKILL');
  await once(host, 'exit');
  await untilFree();
  await until(() => !pids.some(isAlive));
});

test('takes a lock again that was lost', async () => {
  const clock = new FakeClock();
  const children: ChildProcess[] = [];
  const lock = make({
    clock,
    spawn: ([command = '', ...args]) => {
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], env: process.env });
      children.push(child);
      return child;
    },
  });
  expect(await lock.hold()).toBe(true);
  const [first] = children;
  first?.kill('SIGKILL');
  if (first) await once(first, 'close');
  await untilFree();
  expect(lock.held).toBe(false);
  expect(clock.pending).toBe(1);
  clock.advance(5000);
  expect(children).toHaveLength(2);
  expect(await lock.hold()).toBe(true);
  expect(lock.held).toBe(true);
  expect(await bus.inhibitors()).toHaveLength(2);
  // What is released is not taken again.
  lock.release();
  await untilFree();
  await lock.dispose();
  expect(children).toHaveLength(2);
  expect(clock.pending).toBe(0);
});

test('does without where there is no systemd-inhibit', async () => {
  const lines: string[] = [];
  const log: Log = { ...silentLog, info: (_topic, words) => lines.push(words) };
  const clock = new FakeClock();
  const lock = make({ clock, log, spawn: () => spawn('/nowhere/systemd-inhibit') });
  expect(await lock.hold()).toBe(false);
  expect(lock.held).toBeNull();
  expect(lines).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test.each([
  ['refused', ['false'], false],
  ['silent', ['sleep', '1000'], true],
])('one that is %s is tried again, later and later', async (_, [command = '', ...args], hangs) => {
  const clock = new FakeClock();
  const children: ChildProcess[] = [];
  const lock = make({
    clock,
    spawn: () => {
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
      children.push(child);
      return child;
    },
  });
  for (const [index, waitMs] of [5000, 10_000, 20_000].entries()) {
    const held = lock.hold();
    const child = children[index];
    if (!child) throw new Error('nothing was started');
    const closed = once(child, 'close');
    if (hangs) clock.advance(5000);
    await closed;
    expect(await held).toBe(false);
    expect(lock.held).toBe(false);
    clock.advance(waitMs - 1);
    expect(children).toHaveLength(index + 1);
    clock.advance(1);
    expect(children).toHaveLength(index + 2);
  }
  const disposed = lock.dispose();
  clock.advance(2000);
  await disposed;
});

test('asks how long logind waits', async () => {
  const lock = make();
  expect(await lock.delayMaxMs()).toBe(null);
  await bus.addProperties(logind, manager, { InhibitDelayMaxUSec: new Variant('t', 5_000_000n) });
  expect(await lock.delayMaxMs()).toBe(5000);
  await bus.update(logind, manager, { InhibitDelayMaxUSec: new Variant('t', 2n ** 64n - 1n) });
  expect(await lock.delayMaxMs()).toBe(null);
  await bus.unmock(logind);
  expect(await lock.delayMaxMs()).toBe(null);
  await bus.mock(logind);
});

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
