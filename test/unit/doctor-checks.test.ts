import { expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import {
  Check,
  type CheckId,
  checkCodes,
  checkKey,
  commonCodes,
  type FailureCode,
  GleanerError,
} from '../../electron/contract/index.ts';
import { watchClock } from '../../electron/host/doctor-clock.ts';
import { Doctor, type Facts } from '../../electron/host/doctor-desk.ts';
import { kvmStateOf } from '../../electron/host/doctor-machine.ts';
import { versionsOf } from '../../electron/host/doctor-versions.ts';
import { kvmAccessFor } from '../../electron/vm/accelerator.ts';
import { noTools } from '../../electron/vm/qemu.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeFacts } from '../fakes/fake-facts.ts';
import { fakeNow } from '../fakes/fake-grid-views.ts';

const dayMs = 86_400_000;

function doctorOf(facts: Facts, clock = new FakeClock()): Doctor {
  return new Doctor({ facts: () => facts, mended: () => undefined, clock, log: silentLog });
}

async function look(id: CheckId, changes: Partial<Facts>): Promise<Check> {
  const check = (await doctorOf(fakeFacts(changes)).examine()).find((one) => one.id === id);
  if (!check) throw new Error(`${id} was not looked at`);
  return Check.parse(check);
}

const rejects = (code: FailureCode) => () => Promise.reject(new GleanerError(code, 'It is so.', 'Do this.'));
const emulated = { name: 'tcg', reason: 'slower.', why: 'accelerator.no-boot', again: false } as const;
const refusal = (wrapperRefusal: string, bwrap: string | undefined) => () =>
  Promise.resolve({ version: '7.2.9', wrapperRefusal, tools: { ...noTools, bwrap } });
const failure = { code: 'proxy-refused', sentence: 'The proxy wants a login.', hint: 'Give it.' } as const;

test('on a computer where all is well everything is looked at once, and nothing is to be mended', async () => {
  const checks = await doctorOf(fakeFacts()).examine();
  expect(checks.map(({ id }) => id).sort()).toEqual(Object.keys(checkCodes).sort());
  for (const check of checks) {
    expect(Check.parse(check)).toEqual(check);
    expect(check).toMatchObject({ state: 'ok', fix: null });
  }
});

/** Every finding but those of a computer where all is well. */
const findings: readonly (readonly [CheckId, string, Check['state'], string | null, Partial<Facts>])[] = [
  [
    'qemu',
    'missing',
    'failed',
    'sudo apt-get install qemu-system-x86',
    { hypervisor: rejects('qemu-missing') },
  ],
  [
    'qemu',
    'too-old',
    'failed',
    'sudo apt-get install qemu-system-x86',
    { hypervisor: rejects('qemu-too-old') },
  ],
  ['accelerator', 'unproven', 'unknown', null, { accelerator: () => null }],
  ['accelerator', 'emulated', 'warning', 'prove-again', { accelerator: () => emulated }],
  ['accelerator', 'again', 'unknown', null, { accelerator: () => ({ ...emulated, again: true }) }],
  ['kvm', 'works', 'ok', null, { kvm: () => Promise.resolve('works') }],
  ['kvm', 'no-boot', 'warning', null, { kvm: () => Promise.resolve('no-boot') }],
  [
    'kvm',
    'closed',
    'warning',
    'sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm',
    { kvm: () => Promise.resolve('closed') },
  ],
  ['kvm', 'absent', 'warning', 'enable-virtualization', { kvm: () => Promise.resolve('absent') }],
  ['kvm', 'refused', 'warning', 'sudo usermod -aG kvm "$USER"', { kvm: () => Promise.resolve('refused') }],
  [
    'isolation',
    'no-wrapper',
    'warning',
    'sudo apt-get install bubblewrap',
    { hypervisor: refusal('bubblewrap is not installed', undefined) },
  ],
  [
    'isolation',
    'refused',
    'warning',
    'allow-namespaces',
    { hypervisor: refusal('not allowed', '/bin/bwrap') },
  ],
  ['isolation', 'untold', 'unknown', null, { hypervisor: rejects('qemu-missing') }],
  ['images', 'missing', 'failed', null, { images: rejects('image-missing') }],
  [
    'images',
    'damaged',
    'failed',
    'rebuild-images',
    { images: rejects('image-damaged'), rebuildImages: () => Promise.resolve() },
  ],
  ['images', 'not-built', 'failed', null, { images: rejects('image-build-failed') }],
  ['appliance-age', 'untold', 'unknown', null, { images: rejects('image-missing') }],
  [
    'appliance-age',
    'old',
    'warning',
    'update-images',
    { now: () => fakeNow + 60 * dayMs, updateImages: () => Promise.resolve() },
  ],
  ['ledger', 'broken', 'failed', null, { ledger: () => Promise.resolve({ ok: false, entries: 3 }) }],
  [
    'settings',
    'broken',
    'failed',
    null,
    {
      effective: () => ({
        broken: { code: 'profile-broken', sentence: 'No.' },
        problems: [],
        organization: null,
      }),
    },
  ],
  [
    'settings',
    'unusable',
    'warning',
    null,
    {
      effective: () => ({
        broken: null,
        problems: [{ code: 'settings-invalid', sentence: 'No.', hint: 'Mend it.' }],
        organization: null,
      }),
    },
  ],
  [
    'settings',
    'managed',
    'ok',
    null,
    { profiles: () => Promise.resolve({ defaults: null, locked: { place: '/etc/locked.json', raw: {} } }) },
  ],
  ['input', 'polled', 'ok', null, { inputSource: () => 'polled' }],
  ['input', 'untold', 'unknown', null, { inputSource: () => null }],
  [
    'tray',
    'none',
    'warning',
    'sudo apt-get install gnome-shell-extension-appindicator',
    { tray: () => false },
  ],
  ['tray', 'untold', 'unknown', null, { tray: () => null }],
  ['sleep', 'refused', 'warning', 'sudo apt-get install polkitd', { sleepLock: () => false }],
  ['sleep', 'untold', 'unknown', null, { sleepLock: () => null }],
  ['network', 'untried', 'unknown', null, { todayBytes: () => 0, proxy: () => 'ask' }],
  ['network', 'metered', 'warning', null, { closed: () => ({ reason: 'metered', sentence: 'Billed.' }) }],
  ['network', 'quota-day', 'warning', null, { closed: () => ({ reason: 'quota-day', sentence: 'Up.' }) }],
  ['network', 'quota-month', 'warning', null, { closed: () => ({ reason: 'quota-month', sentence: 'Up.' }) }],
  ['network', 'proxy-refused', 'failed', null, { trouble: () => failure }],
  ['clock', 'set', 'warning', null, { clockShiftMs: () => -3_600_000 }],
  ['clock', 'behind', 'failed', null, { imagesBuiltAt: () => Promise.resolve(fakeNow + 9 * dayMs) }],
  [
    'disk',
    'low',
    'warning',
    'free-disk',
    { diskFreeBytes: () => Promise.resolve(5), disposableBytes: () => Promise.resolve(7) },
  ],
  ['problems', 'some', 'failed', null, { problems: () => [failure] }],
];

test.each(findings)('%s: %s', async (id, code, state, fix, changes) => {
  const check = await look(id, changes);
  expect(check).toMatchObject({ code, state });
  if (fix === null) expect(check.fix).toBeNull();
  else if (fix.startsWith('sudo')) expect(check.fix).toMatchObject({ kind: 'manual', command: fix });
  else expect(check.fix).toMatchObject({ code: fix });
});

test('between them they come to every code that there is', async () => {
  const well = await doctorOf(fakeFacts()).examine();
  const seen = new Set([...well.map(checkKey), ...findings.map(([id, code]) => checkKey({ id, code }))]);
  const all = Object.entries(checkCodes).flatMap(([id, codes]) => codes.map((code) => `${id}.${code}`));
  expect([...seen].sort()).toEqual(all.sort());
});

test('a code that a check does not have is refused', () => {
  expect(checkKey({ id: 'qemu', code: 'found' })).toBe('qemu.found');
  expect(checkKey({ id: 'qemu', code: 'low' })).toBeNull();
  for (const code of commonCodes) expect(checkKey({ id: 'disk', code })).toBe(`common.${code}`);
  const check = { id: 'qemu', title: 'x', state: 'ok', code: 'low', values: {}, detail: 'x', fix: null };
  expect(Check.safeParse(check).success).toBe(false);
});

test('one that fails unexpectedly, or hangs, is told, and the others are not kept', async () => {
  const clock = new FakeClock();
  const facts = fakeFacts({
    kvm: () => Promise.reject(new Error('odd')),
    ledger: () => new Promise(() => undefined),
  });
  const examining = doctorOf(facts, clock).examine();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(10_000);
  const checks = await examining;
  const of = (id: CheckId) => checks.find((check) => check.id === id);
  expect(of('kvm')).toMatchObject({ state: 'failed', code: 'error', values: { failure: 'internal' } });
  expect(of('kvm')?.detail).toContain('odd');
  expect(of('ledger')).toMatchObject({ state: 'unknown', code: 'late' });
  expect(of('qemu')).toMatchObject({ state: 'ok' });
  expect(clock.pending).toBe(0);
});

test('what a system has not is not looked at', async () => {
  const checks = await doctorOf(fakeFacts({ platform: 'darwin' })).examine();
  expect(checks.find(({ id }) => id === 'kvm')).toBeUndefined();
  expect(
    (await look('isolation', { platform: 'darwin', hypervisor: refusal('none', undefined) })).fix,
  ).toBeNull();
});

test('a system that nobody knows a command for is told in words', async () => {
  const system = () => Promise.resolve({ family: null, kernel: {}, name: null });
  const { fix } = await look('qemu', { hypervisor: rejects('qemu-missing'), system });
  expect(fix).toMatchObject({ kind: 'manual', code: 'install-qemu', command: null });
});

test('a clock that was set shows, a sleep and other systems do not', () => {
  let now = 1_000_000_000;
  let uptime = 50;
  const options = { now: () => now, uptimeSeconds: () => uptime };
  const shift = watchClock({ platform: 'linux', ...options });
  const elsewhere = watchClock({ platform: 'darwin', ...options });
  now += 8 * 3_600_000;
  uptime += 8 * 3600;
  expect(shift()).toBe(0);
  now -= 120_000;
  expect(shift()).toBe(-120_000);
  expect(elsewhere()).toBeNull();
});

test('versions are told as far as they are known', async () => {
  expect(await versionsOf(fakeFacts())).toEqual({
    gleaner: '1.2.3',
    electron: '45.0.0',
    chromium: '140.0',
    node: '24.0.0',
    system: 'Debian GNU/Linux 12 (bookworm), Linux 6.1.0',
    architecture: 'x64',
    qemu: '7.2.9',
    images: {
      recipe: 'abababababab',
      kernel: '6.12.41-cloud-amd64',
      builtAt: fakeNow - dayMs,
      boincClient: '8.0.4-1',
    },
  });
  const bare = await versionsOf(
    fakeFacts({
      hypervisor: rejects('qemu-missing'),
      images: rejects('image-missing'),
      runtime: { node: '24' },
      system: () => Promise.resolve({ family: null, kernel: {}, name: null }),
    }),
  );
  expect(bare).toMatchObject({ electron: null, qemu: null, images: null, system: 'Linux 6.1.0' });
});

const qemuUid = 47_110;
const started = (
  code: 'accelerator.hardware' | 'accelerator.no-boot' | 'accelerator.asked',
  bootMs: number | null,
) => [{ accelerator: { name: code === 'accelerator.hardware' ? 'kvm' : 'tcg', said: { code } }, bootMs }];

test.each([
  ['it is not there', 'absent', { refusal: 'no-device' }, []],
  ['our own user may not', 'refused', { refusal: 'device-not-ours' }, []],
  ['QEMU’s user may not', 'closed', kvmAccessFor(qemuUid, { mode: 0o20_600, uid: 0, gid: 0 }), []],
  ['QEMU’s user gets the group', 'open', kvmAccessFor(qemuUid, { mode: 0o20_660, uid: 0, gid: 104 }), []],
  ['nothing has started', 'open', { gid: undefined }, [{ accelerator: null, bootMs: null }]],
  ['one starts with it', 'open', { gid: undefined }, started('accelerator.hardware', null)],
  ['one started with it', 'works', { gid: undefined }, started('accelerator.hardware', 900)],
  ['one started without it', 'open', { gid: undefined }, started('accelerator.asked', 900)],
  ['it was tried in vain', 'no-boot', { gid: undefined }, started('accelerator.no-boot', 900)],
] as const)('/dev/kvm: %s: %s', (_what, code, access, all) => {
  expect(kvmStateOf(access, all)).toBe(code);
});

test.each([
  ['accelerator.device-closed', undefined],
  ['accelerator.no-device', undefined],
  ['accelerator.asked', 'Software emulation is slow: set vm.accelerator to auto.'],
] as const)('emulation because of %s is not mended by forgetting what was proven', async (why, hint) => {
  const check = await look('accelerator', { accelerator: () => ({ ...emulated, why }) });
  expect(check).toMatchObject({ state: 'warning', code: 'emulated', fix: null });
  expect(check.hint).toBe(hint);
});
