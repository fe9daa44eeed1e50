import { systemClock } from '../../electron/base/clock.ts';
import { bootDiskTar, createBootKeys } from '../../electron/vm/boot-disk.ts';
import { folderOf, makeFolder } from '../../electron/vm/folder.ts';
import { planLaunch } from '../../electron/vm/plan.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { QemuProcess } from '../../electron/vm/process.ts';
import { inspectQemu } from '../../electron/vm/qemu.ts';
import { QmpClient } from '../../electron/vm/qmp.ts';
import { vmOptions } from './harness.ts';

/**
 * A host that starts a QEMU and then waits to be killed. `tied`: as the product does it; `untied`: without any
 * tool that ties QEMU's life to ours, as on a platform that has none. Prints QEMU's pid once its monitor answers:
 * from then on its guest may run.
 */
const [dir = '', how = ''] = process.argv.slice(2);
const o = vmOptions(dir);
const qemu = await inspectQemu({ qemuPath: undefined, platform: 'linux', env: process.env, uid: o.uid });
const none = { chrt: undefined, ionice: undefined, prlimit: undefined, setpriv: undefined, bwrap: undefined };
const folder = folderOf(o.vmsDir, o.name);
await makeFolder(folder, {
  boot: bootDiskTar(createBootKeys(), {}),
  scratchBytes: o.diskBytes,
  transferBytes: o.transferBytes,
  uid: o.uid,
});
const plan = planLaunch({
  ...o,
  platform: 'linux',
  accelerator: 'tcg',
  kernelWords: [],
  images: await o.images(),
  folder,
  dataPath: undefined,
  qemu: how === 'tied' ? qemu : { ...qemu, tools: none },
  wrapped: how === 'tied' && qemu.wrapperRefusal === undefined,
  uid: o.uid,
  deviceGid: undefined,
});
const launched = await QemuProcess.launch(plan, systemProcesses, systemClock);
await new QmpClient(launched.monitor).ready();
process.stdout.write(`${launched.pid}\n`);
setInterval(() => undefined, 60_000);
