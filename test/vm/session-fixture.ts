import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import type { SpawnWorker, WorkerHandle } from '../../electron/base/worker.ts';
import { prepareVm } from '../../electron/vm/prepare.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { QemuProcess } from '../../electron/vm/process.ts';
import { QmpClient } from '../../electron/vm/qmp.ts';
import { GuestSession } from '../../electron/vm/session/client.ts';
import { shakeHands } from '../../electron/vm/session/handshake.ts';
import type { SessionBounds } from '../../electron/vm/session/keeper.ts';
import type { SessionFiles, SessionKeys } from '../../electron/vm/session/messages.ts';
import { SshSession } from '../../electron/vm/session/ssh.ts';
import type { VmOptions } from '../../electron/vm/vm.ts';
import { reachableImages, spawnWorker, temporaryDir, testLog, vmOptions } from './harness.ts';

const MiB = 1024 * 1024;
export const bootLimitMs = 180_000;

/** A real guest without a supervisor, whose session is the test's to open, kill and open again. */
export interface BareVm {
  /** The host's temporary folder. */
  readonly dir: string;
  readonly files: SessionFiles;
  readonly keys: SessionKeys;
  readonly monitor: QmpClient;
  readonly startedAt: number;
  /** Children of the sessions that {@link BareVm.session} made, the newest last. */
  readonly children: WorkerHandle[];
  session(bounds?: Partial<SessionBounds>): GuestSession;
  /** A session in this process, to do to the guest what the contract's verbs do not. */
  raw(o: { fresh: boolean }): Promise<{ ssh: SshSession; socket: Socket }>;
  end(): Promise<void>;
}

export interface BareVmOptions extends Partial<VmOptions> {
  readonly appliance?: string;
  /** A folder of the test's own, which then outlives the VM. */
  readonly dir?: string;
}

export async function bootBareVm({
  appliance = 'base',
  dir: given,
  ...more
}: BareVmOptions = {}): Promise<BareVm> {
  const { dir, remove } = given === undefined ? temporaryDir() : { dir: given, remove: () => undefined };
  const o = vmOptions(dir, {
    images: () => Promise.resolve(reachableImages(dir, appliance)),
    transferBytes: 128 * MiB,
    diskBytes: 512 * MiB,
    vcpus: 2,
    ...more,
  });
  const { plan, files, keys } = await prepareVm({ ...o, accelerator: 'tcg', bootId: undefined }, {});
  const startedAt = performance.now();
  const qemu = await QemuProcess.launch(plan, systemProcesses, systemClock);
  const monitor = new QmpClient(qemu.monitor);
  await monitor.ready();
  const children: WorkerHandle[] = [];
  const recording: SpawnWorker = (name) => {
    const child = spawnWorker(name);
    children.push(child);
    return child;
  };
  return {
    dir,
    files,
    keys,
    monitor,
    startedAt,
    children,
    session: (bounds = {}) =>
      new GuestSession({ files, keys, spawnWorker: recording, clock: systemClock, log: testLog, bounds }),
    raw: async ({ fresh }) => {
      const socket = connect(files.portPath);
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      const nonce = randomBytes(16).toString('hex');
      await shakeHands(socket, { nonce, fresh, clock: systemClock });
      return { ssh: await SshSession.open(socket, keys), socket };
    },
    end: async () => {
      monitor.dispose();
      qemu.kill();
      await qemu.exited;
      remove();
    },
  };
}

export const inputTarPath = (vm: BareVm): string => join(vm.dir, 'input.tar');
