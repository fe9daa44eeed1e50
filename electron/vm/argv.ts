/** How a guest's instructions are run; `tcg` is software emulation and works everywhere. */
export type Accelerator = 'kvm' | 'hvf' | 'whpx' | 'tcg';

/** A raw file that the guest sees as a virtio block device with this serial. */
export interface Disk {
  readonly serial: string;
  readonly path: string;
  readonly readOnly: boolean;
  /** The guest's discards punch holes into the file. */
  readonly discard: boolean;
  /** Outlives QEMU's run: what the guest flushes reaches the host's disk. */
  readonly durable?: boolean;
}

/** Where a character device of QEMU's ends: an inherited descriptor, a Unix socket or a Windows pipe's name. */
export type Port = { readonly fd: number } | { readonly socketPath: string } | { readonly pipeName: string };

/** All that decides QEMU's command line. Paths are as QEMU sees them (inside the wrapper, if there is one). */
export interface MachineSpec {
  readonly name: string;
  readonly platform: NodeJS.Platform;
  readonly accelerator: Accelerator;
  readonly vcpus: number;
  /** Under software emulation: each vCPU in a thread of the host's own, or all in one. */
  readonly threads: 'multi' | 'single';
  readonly memoryBytes: number;
  readonly kernelPath: string;
  readonly initramfsPath: string;
  /** Further words of the kernel command line, e.g. `gleaner.role=local`. */
  readonly kernelWords: readonly string[];
  readonly disks: readonly Disk[];
  readonly monitor: Port;
  readonly session: Port;
}

const MiB = 1024 * 1024;
/** Bound of TCG's translation cache, in MiB; unbounded, QEMU's memory was seen to grow past 1 GB. */
const translationCacheMiB = 128;
/**
 * Without `no_timer_check` the kernel counts the ticks of an early moment, and panics when the host was too busy to
 * deliver them: seen in 3 of 63 emulated boots on a crowded computer.
 */
const kernelWords = ['console=ttyS0', 'quiet', 'panic=-1', 'no_timer_check'];
/** Bytes of console output that QEMU itself keeps; nobody reads them unless asked, so a flood costs the host nothing. */
export const consoleBytes = 64 * 1024;

/**
 * QEMU's arguments for one VM, without the program's own name. Pure.
 *
 * There is no network card and no default device; the guest has one serial port for its session, a console
 * that ends in a ring buffer, and block devices. A guest that powers off or reboots (its kernel panicked) stops and is
 * reported by QMP's SHUTDOWN event, so that its last words can still be read.
 *
 * `strict=on` keeps the firmware's hands off the disks, which it has nothing to boot from. Else SeaBIOS reserves
 * memory for a queue to each of them, more than QEMU expects, and the end of the initramfs is laid over the last
 * queues: a device that was late to finish wrote into it in 20 of 460 starts (in none of 460 with `strict=on`), and
 * the guest's kernel went on without what it could not unpack.
 */
export function qemuArgs(spec: MachineSpec): string[] {
  return [
    ...['-name', spec.name],
    ...['-nodefaults', '-no-user-config'],
    ...['-action', 'reboot=shutdown,shutdown=pause'],
    ...['-display', 'none', '-nic', 'none'],
    ...['-machine', 'q35,usb=off,vmport=off,smm=off,sata=off,dump-guest-core=off'],
    ...['-accel', accelArg(spec)],
    ...['-cpu', cpuArg(spec.accelerator)],
    ...['-smp', `${spec.vcpus},sockets=1,cores=${spec.vcpus},threads=1`],
    ...['-m', `${Math.floor(spec.memoryBytes / MiB)}M`],
    ...['-rtc', 'base=utc'],
    ...seccompArgs(spec.platform),
    ...['-kernel', spec.kernelPath, '-initrd', spec.initramfsPath],
    ...['-boot', 'strict=on'],
    ...['-append', [...kernelWords, ...spec.kernelWords].join(' ')],
    ...['-chardev', portArg('monitor', spec.monitor), '-mon', 'chardev=monitor,mode=control'],
    ...['-chardev', `ringbuf,id=console,size=${consoleBytes}`, '-device', 'isa-serial,chardev=console'],
    ...['-chardev', portArg('session', spec.session)],
    ...['-device', 'virtio-serial-pci,max_ports=2', '-device', 'virtserialport,chardev=session,name=ssh'],
    ...['-object', 'rng-builtin,id=entropy', '-device', 'virtio-rng-pci,rng=entropy'],
    ...['-device', 'virtio-balloon-pci,free-page-reporting=on'],
    ...spec.disks.flatMap(diskArgs),
  ];
}

function accelArg({ accelerator, threads }: MachineSpec): string {
  switch (accelerator) {
    case 'tcg':
      return `tcg,thread=${threads},tb-size=${translationCacheMiB}`;
    case 'whpx':
      return 'whpx,kernel-irqchip=off';
    case 'kvm':
    case 'hvf':
      return accelerator;
  }
}

/**
 * Under QEMU 7.2's emulation, Linux 6.12 crashed in about every eighth boot in its allocator's fast path, which
 * rests on cmpxchg16b; without that instruction, in none of 60. Emulated AVX is slow: without xsave, and with it
 * AVX, the same Python program took 2.7 s instead of 5.9 s. What needs xsave is named as well: the guest's kernel would
 * list it, and a grid that chooses programs by that list would send some that crash.
 */
function cpuArg(accelerator: Accelerator): string {
  switch (accelerator) {
    case 'kvm':
    case 'hvf':
      return 'host';
    case 'whpx':
      return 'max';
    case 'tcg':
      return `max,cx16=off,xsave=off,${needingXsave.map((flag) => `${flag}=off`).join(',')}`;
  }
}

const needingXsave = ['avx', 'avx2', 'f16c', 'fma', 'vaes', 'vpclmulqdq'];

/** QEMU's own system call filter exists on Linux only. */
function seccompArgs(platform: NodeJS.Platform): string[] {
  if (platform !== 'linux') return [];
  return ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
}

function portArg(id: string, port: Port): string {
  if ('fd' in port) return `socket,id=${id},fd=${port.fd}`;
  if ('pipeName' in port) return `pipe,id=${id},path=${escape(port.pipeName)}`;
  return `socket,id=${id},path=${escape(port.socketPath)},server=on,wait=off`;
}

/**
 * I/O errors go to the guest, so that a full disk of the host fails a job instead of pausing the VM behind our
 * back. Most writable disks never outlive QEMU's run, so their flushes are not carried to the host's disk: a guest
 * that syncs all the time costs the person's disk nothing, and `stop` has nothing to wait for. A durable disk is all
 * that is left after a power cut, so its flushes are: its file system's journal rests on their order. `stop` flushes
 * it, too, but only when the vCPUs stand still already.
 */
function diskArgs(disk: Disk): string[] {
  const node = [
    'driver=raw',
    `node-name=${disk.serial}`,
    `read-only=${disk.readOnly ? 'on' : 'off'}`,
    ...(disk.readOnly || disk.durable ? [] : ['cache.no-flush=on', 'file.cache.no-flush=on']),
    ...(disk.discard ? ['discard=unmap', 'file.discard=unmap'] : []),
    'file.driver=file',
    `file.filename=${escape(disk.path)}`,
  ];
  const device = [
    'virtio-blk-pci',
    `drive=${disk.serial}`,
    `serial=${disk.serial}`,
    'werror=report',
    'rerror=report',
  ];
  return ['-blockdev', node.join(','), '-device', device.join(',')];
}

/** QEMU's option syntax doubles commas inside values. */
function escape(value: string): string {
  return value.replaceAll(',', ',,');
}
