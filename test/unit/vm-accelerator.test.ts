import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { candidates, choose, kvmAccessFor, recall, remember } from '../../electron/vm/accelerator.ts';
import { temporaryDir } from '../vm/harness.ts';

describe('the choice', () => {
  it('is the fastest candidate that nothing speaks against', () => {
    expect(choose('auto', ['kvm', 'tcg'], {})).toEqual({
      name: 'kvm',
      reason: 'Hardware virtualisation by KVM.',
      said: { code: 'accelerator.hardware', values: { accelerator: 'kvm' } },
    });
  });

  it('falls back with the reason in words', () => {
    expect(choose('auto', ['kvm', 'tcg'], { kvm: 'no-boot' })).toEqual({
      name: 'tcg',
      reason: 'KVM did not boot a guest here, so software emulation is used: slower.',
      said: { code: 'accelerator.no-boot', values: { accelerator: 'kvm' } },
    });
    expect(choose('auto', ['tcg'], {})?.reason).toBe(
      'Nothing faster exists here: software emulation is used: slower.',
    );
  });

  it('is what a setting forces, or nothing', () => {
    expect(choose('tcg', ['kvm', 'tcg'], {})).toEqual({
      name: 'tcg',
      reason: 'The settings ask for software emulation.',
      said: { code: 'accelerator.asked', values: { accelerator: 'tcg' } },
    });
    expect(choose('kvm', ['kvm', 'tcg'], { kvm: 'no-device' })).toBeUndefined();
  });

  it('always finds software emulation on every platform', () => {
    const platforms = ['linux', 'darwin', 'win32', 'freebsd'] as const;
    for (const platform of platforms) {
      for (const arch of ['x64', 'arm64']) {
        const possible = candidates(platform, arch);
        expect(possible.at(-1)).toBe('tcg');
        expect(choose('auto', possible, { kvm: 'no-boot', hvf: 'no-boot', whpx: 'no-boot' })?.name).toBe(
          'tcg',
        );
      }
    }
    expect(candidates('linux', 'x64')).toEqual(['kvm', 'tcg']);
    expect(candidates('darwin', 'arm64')).toEqual(['tcg']);
  });
});

describe('/dev/kvm', () => {
  it.each([
    ['is open to all', 0o20666, 0, 0, { gid: undefined }],
    ['belongs to the user', 0o20600, 1000, 0, { gid: undefined }],
    ['needs its group', 0o20660, 0, 104, { gid: 104 }],
  ])('%s', (_what, mode, uid, gid, expected) => {
    expect(kvmAccessFor(1000, { mode, uid, gid })).toEqual(expected);
  });

  it.each([
    ['only root may', { mode: 0o20600, uid: 0, gid: 0 }],
    ['root’s group is never handed out', { mode: 0o20660, uid: 0, gid: 0 }],
    ['it may only be read', { mode: 0o20444, uid: 0, gid: 0 }],
    ['it does not exist', undefined],
  ])('is refused when %s', (_what, facts) => {
    expect(kvmAccessFor(1000, facts)).toHaveProperty('refusal');
  });
});

describe('the memory', () => {
  let place: ReturnType<typeof temporaryDir>;
  beforeEach(() => {
    place = temporaryDir();
  });
  afterEach(() => {
    place.remove();
  });

  it('keeps what was proved for one QEMU, kernel and boot of the host', () => {
    const path = join(place.dir, 'new', 'accelerator.json');
    const proof = { good: 'tcg', refusals: { kvm: 'no-boot' } } as const;
    remember(path, 'qemu 7.2 kernel-a boot-1', proof);
    expect(recall(path, 'qemu 7.2 kernel-a boot-1')).toEqual(proof);
    expect(recall(path, 'qemu 7.2 kernel-a boot-2')).toBeUndefined();
  });

  it('is empty when its file is missing or damaged', () => {
    const path = join(place.dir, 'accelerator.json');
    expect(recall(path, 'key')).toBeUndefined();
    writeFileSync(path, '{"schema":1,"key":"key","good":"abacus","refusals":{}}');
    expect(recall(path, 'key')).toBeUndefined();
    writeFileSync(path, 'not json');
    expect(recall(path, 'key')).toBeUndefined();
  });
});
