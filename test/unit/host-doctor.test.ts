import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileLog } from '../../electron/base/log.ts';
import type { Check } from '../../electron/contract/index.ts';
import { type CheckId, commands } from '../../electron/contract/index.ts';
import type { Host, HostOptions } from '../../electron/host.ts';
import { FakeSessions } from '../fakes/fake-sessions.ts';
import { temporaryDir } from '../vm/harness.ts';
import { addShellJob, hostIn, sees } from '../vm/host-world.ts';

const fakeQemu = fileURLToPath(new URL('../fakes/fake-qemu.sh', import.meta.url));

let place: ReturnType<typeof temporaryDir>;
let sessions: FakeSessions;
let qemuPath = '';
let host: Host;
const owned: { dispose(): Promise<void> }[] = [];
beforeEach(() => {
  place = temporaryDir();
  sessions = new FakeSessions();
  qemuPath = join(place.dir, 'qemu');
});
afterEach(async () => {
  await host.stop();
  for (const one of owned.splice(0)) await one.dispose();
  place.remove();
});

/** A guest image that only a fake QEMU boots. */
function imagesIn(name: string, what: string): string {
  const dir = join(place.dir, name);
  mkdirSync(dir, { recursive: true });
  const file = (fileName: string) => {
    const content = `${what} ${fileName}`;
    writeFileSync(join(dir, fileName), content, { mode: 0o644 });
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    return { file: fileName, digest, size: content.length };
  };
  const manifest = {
    schema: 1,
    recipe: createHash('sha256').update(what).digest('hex'),
    kernelRelease: '6.12.1-fake',
    builtAt: Date.now(),
    kernel: file('vmlinux'),
    initramfs: file('initramfs.zst'),
    appliances: { base: file('base.squashfs') },
    packages: [{ name: 'boinc-client', version: '8.0.4-1' }],
  };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
  return dir;
}

async function newHost(more: Partial<HostOptions> = {}): Promise<Host> {
  host = await hostIn(join(place.dir, 'home'), {
    qemuPath,
    spawnWorker: sessions.spawnWorker,
    imageSourceDir: () => Promise.resolve(imagesIn('images', 'first')),
    ...more,
  });
  return host;
}

function installQemu(): void {
  copyFileSync(fakeQemu, qemuPath);
  chmodSync(qemuPath, 0o755);
}

async function check(id: CheckId): Promise<Check> {
  const found = (await host.call('doctor', {})).find((one) => one.id === id);
  if (!found) throw new Error(`${id} was not looked at`);
  return found;
}

const phases = ['starting', 'running'];
const works = () => sees(host, ({ vms }) => phases.includes(vms[0]?.phase ?? ''));
const gaveUp = () => sees(host, ({ vms }) => vms[0]?.failure?.code === 'qemu-missing');

test('QEMU is missing, installed, and found by whoever looks again; the host goes on as it is', async () => {
  await newHost();
  await addShellJob(host, 'true');
  await host.start();
  const missing = await gaveUp();
  expect(missing.contribution.state).toBe('attention');
  expect(await check('qemu')).toMatchObject({
    state: 'failed',
    code: 'missing',
    fix: { kind: 'manual', code: 'install-qemu' },
  });
  expect(await host.call('doctor.fix', { id: 'qemu' })).toMatchObject({ outcome: 'manual' });
  expect((await host.call('status', {})).vms[0]?.phase).toBe('failed');

  installQemu();
  expect(await host.call('doctor.fix', { id: 'qemu' })).toMatchObject({
    outcome: 'done',
    check: { state: 'ok', values: { version: '7.2.0' } },
  });
  await works();
  expect((await host.call('status', {})).problems.map(({ code }) => code)).not.toContain('qemu-missing');
});

test('a look at everything finds it, too', async () => {
  await newHost();
  await addShellJob(host, 'true');
  await host.start();
  await gaveUp();
  installQemu();
  expect(await check('qemu')).toMatchObject({ state: 'ok' });
  await works();
});

test('what was missing is told no more once it is found, though work is paused', async () => {
  await newHost();
  await addShellJob(host, 'true');
  await host.start();
  await gaveUp();
  await host.call('pause', { length: 'manual' });
  installQemu();
  expect(await check('problems')).toMatchObject({ state: 'ok', code: 'none' });
  const { problems, vms } = await host.call('status', {});
  expect(problems).toEqual([]);
  expect(vms[0]).toMatchObject({ phase: 'stopped', failure: null });
  await host.call('resume', {});
  await works();
});

test('damaged images are told, rebuilt when that is asked for, and work goes on', async () => {
  installQemu();
  const source = imagesIn('images', 'first');
  let rebuilt = 0;
  await newHost({
    imageSourceDir: () => Promise.resolve(source),
    rebuildImages: () => {
      rebuilt += 1;
      return Promise.resolve(imagesIn('rebuilt', 'second'));
    },
  });
  rmSync(join(source, 'vmlinux'));
  expect(await check('images')).toMatchObject({
    state: 'failed',
    code: 'missing',
    fix: { kind: 'automatic', code: 'rebuild-images', running: null },
  });
  expect(rebuilt).toBe(0);
  expect(await host.call('doctor.fix', { id: 'images' })).toMatchObject({ outcome: 'done' });
  expect(rebuilt).toBe(1);
});

test('while images are built the rest of doctor answers at once, and the build can be ended', async () => {
  installQemu();
  const source = imagesIn('images', 'first');
  let begun: () => void = () => undefined;
  const building = new Promise<void>((resolve) => {
    begun = resolve;
  });
  await newHost({
    imageSourceDir: () => Promise.resolve(source),
    rebuildImages: (_why, signal) => {
      begun();
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(new Error('ended'));
        });
      });
    },
  });
  expect(await check('images')).toMatchObject({ state: 'ok' });
  rmSync(source, { recursive: true });
  const fixing = host.call('doctor.fix', { id: 'images' });
  await building;
  const checks = await host.call('doctor', {});
  expect(checks.filter(({ code }) => code === 'late')).toEqual([]);
  expect(checks.find(({ id }) => id === 'images')).toMatchObject({ code: 'mending' });
  expect(checks.find(({ id }) => id === 'appliance-age')).toMatchObject({ code: 'fresh' });
  await expect(host.call('doctor.fix', { id: 'images' })).rejects.toMatchObject({ code: 'wrong-phase' });
  await host.call('doctor.cancel', { id: 'images' });
  expect(await fixing).toMatchObject({ outcome: 'cancelled', check: { code: 'missing' } });
});

test('unused images are freed, and those in use stay', async () => {
  installQemu();
  let source = imagesIn('images', 'first');
  await newHost({ imageSourceDir: () => Promise.resolve(source) });
  expect(await check('images')).toMatchObject({ state: 'ok' });
  rmSync(source, { recursive: true });
  source = imagesIn('images', 'second, and longer');
  const { fix } = await check('disk');
  const report = await host.call('doctor.fix', { id: 'disk' });
  expect(fix).toMatchObject({ code: 'free-disk', freesBytes: report.freedBytes });
  expect(report).toMatchObject({ outcome: 'done', check: { fix: null } });
  expect(await check('images')).toMatchObject({ state: 'ok' });
});

test('all that the contract says of health is answered by a real host', async () => {
  installQemu();
  const log = fileLog(join(place.dir, 'home', 'logs', 'gleaner.log'));
  owned.push(log);
  mkdirSync(join(place.dir, 'home', 'logs'), { recursive: true });
  await newHost({ log });
  await host.start();
  const checks = commands.doctor.output.parse(await host.call('doctor', {}));
  expect(checks.find(({ id }) => id === 'tray')).toMatchObject({ code: 'untold' });
  await host.call('presence.report', { tray: false });
  expect(await check('tray')).toMatchObject({ code: 'none', state: 'warning' });
  await host.call('presence.report', { idleMs: 5 });
  expect(await check('tray')).toMatchObject({ code: 'none' });
  await host.call('presence.report', { tray: true });
  expect(await check('tray')).toMatchObject({ code: 'there', state: 'ok' });
  expect(commands.versions.output.parse(await host.call('versions', {}))).toMatchObject({
    gleaner: 'test',
    qemu: '7.2.0',
    images: { kernel: '6.12.1-fake', boincClient: '8.0.4-1' },
  });
  await expect(host.call('doctor.cancel', { id: 'images' })).rejects.toMatchObject({ code: 'wrong-phase' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of await host.download('support.bundle', {})) chunks.push(chunk);
  expect(gunzipSync(Buffer.concat(chunks)).toString()).toContain('gleaner-support/README.txt');
  await host.stop();
  await log.dispose();
});
