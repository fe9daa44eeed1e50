import { rm, stat, statfs } from 'node:fs/promises';
import { release, type, uptime } from 'node:os';
import type { ImageSet } from '../appliance/store.ts';
import type { Clock } from '../base/clock.ts';
import { type Failure, GleanerError } from '../contract/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { systemKvmAccess } from '../vm/kvm-device.ts';
import { watchClock } from './doctor-clock.ts';
import { readSystem } from './doctor-commands.ts';
import type { Facts } from './doctor-desk.ts';
import { Disposables } from './doctor-disk.ts';
import { kvmStateOf } from './doctor-machine.ts';
import { acceleratorMemoryPath, inspectHypervisor, qemuUid } from './grid-vm.ts';
import type { Grids } from './grids.ts';
import type { Leaving } from './leaving.ts';
import type { HostOptions } from './options.ts';
import type { Senses } from './senses.ts';
import type { SettingsDesk } from './settings-desk.ts';

export interface FactsOptions {
  readonly host: HostOptions & { readonly secrets: NonNullable<HostOptions['secrets']> };
  readonly settings: SettingsDesk;
  readonly ledger: Ledger;
  readonly grids: Grids;
  readonly senses: () => Senses;
  readonly leaving: () => Leaving;
  readonly problems: () => readonly Failure[];
  /** Whether images are built just now. */
  readonly building: () => boolean;
  readonly clock: Clock;
}

/** What doctor looks at, of this host and its computer: each call looks anew. */
export function hostFacts(o: FactsOptions): () => Facts {
  const { host, grids, clock } = o;
  const { platform } = process;
  const { paths } = host;
  const { store } = grids.vmWorld;
  const { updateImages } = host;
  const clockShiftMs = watchClock({ platform, now: () => clock.now(), uptimeSeconds: uptime });
  /** Accelerators of VMs whose proof was forgotten after they had started. */
  const again = new WeakSet();
  let known: ImageSet | undefined;
  /** While they are built, what was known before: whoever asks the store waits for the build. */
  const imagesNow = async (): Promise<ImageSet> => {
    if (!o.building()) known = await store.ensure({ rebuild: false });
    if (known) return known;
    throw new GleanerError('image-missing', 'The guest images are being built.', 'It takes minutes.');
  };
  const disposables = new Disposables({
    store,
    images: async () => (o.building() ? undefined : await imagesNow().catch(() => undefined)),
    jobsDir: paths.jobsDir,
    stateOf: (id) => grids.local.grid.stateOf(id),
  });
  const statuses = () => grids.fleet.lanes.map(({ vm }) => vm.vm.status());
  const acceleratorInUse = () => statuses().find(({ accelerator }) => accelerator !== null)?.accelerator;

  return () => {
    const hypervisor = once(() => inspectHypervisor(grids.vmWorld));
    const images = once(imagesNow);
    return {
      platform,
      hypervisor,
      accelerator() {
        const found = acceleratorInUse();
        return found ? { ...found, why: found.said.code, again: again.has(found) } : null;
      },
      async forgetAccelerator() {
        const found = acceleratorInUse();
        if (found) again.add(found);
        await rm(acceleratorMemoryPath(paths), { force: true });
      },
      async kvm() {
        const told = statuses().filter(({ accelerator }) => accelerator !== null && !again.has(accelerator));
        return kvmStateOf(await systemKvmAccess(qemuUid()), told);
      },
      system: once(() => readSystem(platform)),
      images,
      ...(host.rebuildImages ? { rebuildImages: (signal: AbortSignal) => store.ensure({ signal }) } : {}),
      ...(updateImages ? { updateImages: (signal: AbortSignal) => updateImages(signal) } : {}),
      now: () => clock.now(),
      secretsPlace: () => host.secrets.place,
      ledger: () => o.ledger.verify(),
      async diskFreeBytes() {
        const { bavail, bsize } = await statfs(paths.dataDir);
        return bavail * bsize;
      },
      disposableBytes: () => disposables.bytes(),
      freeDisk: () => disposables.free(),
      effective: () => o.settings.effective,
      profiles: () => host.profiles.read(),
      async ownFile() {
        const found = await stat(paths.settingsPath).catch(() => undefined);
        return { path: paths.settingsPath, exists: found !== undefined };
      },
      inputSource: () => o.senses().signals.inputSource,
      tray: () => o.senses().tray,
      sleepLock: () => o.leaving().held,
      problems: o.problems,
      closed: () => grids.network.rules([]).closed,
      proxy: () => grids.network.rules([]).proxy.kind,
      trouble: () => o.problems().find(({ code }) => code === 'proxy-refused'),
      todayBytes: () => grids.network.report().todayBytes,
      clockShiftMs,
      imagesBuiltAt: () =>
        images().then(
          ({ builtAt }) => builtAt,
          () => null,
        ),
      version: host.version,
      runtime: process.versions,
      architecture: process.arch,
      kernel: `${type()} ${release()}`,
    };
  };
}

/** Several checks look at the same thing; it is looked at once, and its rejection is theirs. */
function once<T>(look: () => Promise<T>): () => Promise<T> {
  let looking: Promise<T> | undefined;
  return () => (looking ??= look());
}
