import type { Facts } from '../../electron/host/doctor-desk.ts';
import { noTools } from '../../electron/vm/qemu.ts';
import { fakeNow } from './fake-grid-views.ts';

/** A computer on which all is well; a test says what is not. */
export function fakeFacts(changes: Partial<Facts> = {}): Facts {
  return {
    platform: 'linux',
    hypervisor: () =>
      Promise.resolve({
        version: '7.2.9',
        wrapperRefusal: undefined,
        tools: { ...noTools, bwrap: '/bin/bwrap' },
      }),
    accelerator: () => ({
      name: 'kvm',
      reason: 'Hardware virtualisation by KVM.',
      why: 'accelerator.hardware',
      again: false,
    }),
    forgetAccelerator: () => Promise.resolve(),
    kvm: () => Promise.resolve('open'),
    system: () => Promise.resolve({ family: 'debian', kernel: {}, name: 'Debian GNU/Linux 12 (bookworm)' }),
    images: () =>
      Promise.resolve({
        recipe: 'ab'.repeat(32),
        kernelRelease: '6.12.41-cloud-amd64',
        builtAt: fakeNow - 86_400_000,
        packages: new Map([['boinc-client', '8.0.4-1']]),
      }),
    now: () => fakeNow,
    secretsPlace: () => 'the system’s key store',
    ledger: () => Promise.resolve({ ok: true, entries: 12 }),
    diskFreeBytes: () => Promise.resolve(100 * 1024 ** 3),
    disposableBytes: () => Promise.resolve(0),
    freeDisk: () => Promise.resolve(0),
    effective: () => ({ broken: null, problems: [], organization: null }),
    profiles: () => Promise.resolve({ defaults: null, locked: null }),
    ownFile: () => Promise.resolve({ path: '/data/settings.json', exists: false }),
    inputSource: () => 'x11',
    tray: () => true,
    sleepLock: () => true,
    problems: () => [],
    closed: () => null,
    proxy: () => 'none',
    trouble: () => undefined,
    todayBytes: () => 5000,
    clockShiftMs: () => 0,
    imagesBuiltAt: () => Promise.resolve(fakeNow - 86_400_000),
    version: '1.2.3',
    runtime: { node: '24.0.0', electron: '45.0.0', chrome: '140.0' },
    architecture: 'x64',
    kernel: 'Linux 6.1.0',
    ...changes,
  };
}
