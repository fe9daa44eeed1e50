import { expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { type FailureCode, GleanerError } from '../../electron/contract/index.ts';
import { Doctor, type Facts } from '../../electron/host/doctor-desk.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeFacts } from '../fakes/fake-facts.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const damaged = () => Promise.reject(new GleanerError('image-damaged', 'It is damaged.'));

function setUp(changes: Partial<Facts> = {}) {
  const clock = new FakeClock();
  const world = { facts: fakeFacts(changes) };
  const mended: FailureCode[][] = [];
  const doctor = new Doctor({
    facts: () => world.facts,
    mended: (codes) => mended.push([...codes]),
    clock,
    log: silentLog,
  });
  const check = async (id: string) => (await doctor.examine()).find((one) => one.id === id);
  return { clock, world, mended, doctor, check };
}

/** Images that are damaged until a build ends, which a test ends or fails. */
function building() {
  const world = setUp();
  let finish: (error?: Error) => void = () => undefined;
  let signal: AbortSignal | undefined;
  world.world.facts = fakeFacts({
    images: damaged,
    rebuildImages: (given) => {
      signal = given;
      return new Promise<void>((resolve, reject) => {
        finish = (error) => {
          world.world.facts = fakeFacts();
          if (error) reject(error);
          else resolve();
        };
        given.addEventListener('abort', () => {
          reject(new GleanerError('image-build-failed', 'It was ended.'));
        });
      });
    },
  });
  return {
    ...world,
    finish: (error?: Error) => {
      finish(error);
    },
    signal: () => signal,
  };
}

test('what is automatic is done, told while it is under way, and looked at again', async () => {
  const { clock, doctor, check, finish, mended } = building();
  const fixing = doctor.fix('images');
  await settled();
  expect(await check('images')).toMatchObject({
    state: 'unknown',
    code: 'mending',
    fix: { kind: 'automatic', code: 'rebuild-images', cancellable: true, running: { since: clock.now() } },
  });
  expect(mended.flat()).not.toContain('image-damaged');
  finish();
  expect(await fixing).toMatchObject({
    outcome: 'done',
    freedBytes: null,
    check: { state: 'ok', fix: null },
  });
  expect(mended.at(-1)).toContain('image-damaged');
  expect(await check('images')).toMatchObject({ state: 'ok', code: 'whole' });
});

test('two at once of the same are refused, of others are not', async () => {
  const { doctor, finish } = building();
  const fixing = doctor.fix('images');
  await expect(doctor.fix('images')).rejects.toMatchObject({ code: 'wrong-phase' });
  await settled();
  await expect(doctor.fix('images')).rejects.toMatchObject({ code: 'wrong-phase' });
  expect(await doctor.fix('disk')).toMatchObject({ outcome: 'done' });
  finish();
  await fixing;
  expect(await doctor.fix('images')).toMatchObject({ outcome: 'done' });
});

test('it can be ended, where that is possible', async () => {
  const { doctor, check, mended } = building();
  const fixing = doctor.fix('images');
  await settled();
  expect(() => {
    doctor.cancel('disk');
  }).toThrow(expect.objectContaining({ code: 'wrong-phase' }));
  doctor.cancel('images');
  expect(await fixing).toMatchObject({ outcome: 'cancelled', check: { state: 'failed', code: 'damaged' } });
  expect(mended.flat()).not.toContain('image-damaged');
  expect(await check('images')).toMatchObject({ code: 'damaged', fix: { running: null } });
  expect(() => {
    doctor.cancel('images');
  }).toThrow(expect.objectContaining({ code: 'wrong-phase' }));
});

test('one that fails tells why, and may be tried again', async () => {
  const { doctor, finish } = building();
  const fixing = doctor.fix('images');
  const failing = expect(fixing).rejects.toMatchObject({
    code: 'image-build-failed',
    message: 'No network.',
  });
  await settled();
  finish(new GleanerError('image-build-failed', 'No network.'));
  await failing;
  expect(await doctor.fix('images')).toMatchObject({ outcome: 'done' });
});

test('the end of the host ends it, and nothing is begun after', async () => {
  const { doctor, signal, mended } = building();
  const fixing = doctor.fix('images');
  await settled();
  await doctor.dispose();
  expect(signal()?.aborted).toBe(true);
  expect(await fixing).toMatchObject({ outcome: 'cancelled' });
  await expect(doctor.fix('images')).rejects.toMatchObject({ code: 'wrong-phase' });
  expect(mended).toEqual([]);
});

test('disk space is freed and counted, and what it would be is told before', async () => {
  let left = 700;
  const { doctor, check } = setUp({
    diskFreeBytes: () => Promise.resolve(5),
    disposableBytes: () => Promise.resolve(left),
    freeDisk: () => {
      const freed = left;
      left = 0;
      return Promise.resolve(freed);
    },
  });
  expect(await check('disk')).toMatchObject({
    fix: { code: 'free-disk', freesBytes: 700, cancellable: false },
  });
  expect(await doctor.fix('disk')).toMatchObject({
    outcome: 'done',
    freedBytes: 700,
    check: { code: 'low', fix: null },
  });
  expect(await doctor.fix('disk')).toMatchObject({ outcome: 'nothing', freedBytes: null });
});

test('the accelerator is proven again', async () => {
  let again = false;
  const { doctor, mended } = setUp({
    accelerator: () => ({ name: 'tcg', reason: 'slower.', why: 'accelerator.no-boot', again }),
    forgetAccelerator: () => {
      again = true;
      return Promise.resolve();
    },
  });
  expect(await doctor.fix('accelerator')).toMatchObject({ outcome: 'done', check: { code: 'again' } });
  expect(mended).toEqual([['accelerator-unusable']]);
});

test('what only a person can do is told, and taken up when it is done', async () => {
  const { doctor, world, mended } = setUp({
    hypervisor: () => Promise.reject(new GleanerError('qemu-missing', 'QEMU is not installed.')),
  });
  expect(await doctor.fix('qemu')).toMatchObject({
    outcome: 'manual',
    check: { state: 'failed', fix: { command: 'sudo apt-get install qemu-system-x86' } },
  });
  expect(mended).toEqual([]);
  world.facts = fakeFacts();
  expect(await doctor.fix('qemu')).toMatchObject({ outcome: 'done', check: { state: 'ok' } });
  expect(mended).toEqual([['qemu-missing', 'qemu-too-old']]);
});

test('for a broken ledger there is no fix; a computer without KVM has nothing to mend there', async () => {
  const { doctor } = setUp({ ledger: () => Promise.resolve({ ok: false, entries: 1 }), platform: 'darwin' });
  expect(await doctor.fix('ledger')).toMatchObject({
    outcome: 'nothing',
    check: { code: 'broken', fix: null },
  });
  await expect(doctor.fix('kvm')).rejects.toMatchObject({ code: 'not-found' });
});
