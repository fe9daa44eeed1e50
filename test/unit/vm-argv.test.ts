import { describe, expect, it } from 'vitest';
import { type MachineSpec, qemuArgs } from '../../electron/vm/argv.ts';

const spec: MachineSpec = {
  name: 'gleaner-local',
  platform: 'linux',
  accelerator: 'tcg',
  vcpus: 2,
  threads: 'multi',
  memoryBytes: 805_306_368,
  kernelPath: '/images/kernel',
  initramfsPath: '/images/initramfs',
  kernelWords: ['gleaner.role=local'],
  disks: [
    { serial: 'boot', path: '/vm/boot.img', readOnly: true, discard: false },
    { serial: 'scratch', path: '/vm/scratch.raw', readOnly: false, discard: true },
  ],
  monitor: { fd: 3 },
  session: { socketPath: '/vm/run/session.sock' },
};

/** The values of one option, in order. */
function values(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
}

describe('the command line', () => {
  it('is this, on Linux under emulation', () => {
    expect(qemuArgs(spec)).toEqual([
      ...['-name', 'gleaner-local', '-nodefaults', '-no-user-config'],
      ...['-action', 'reboot=shutdown,shutdown=pause', '-display', 'none', '-nic', 'none'],
      ...['-machine', 'q35,usb=off,vmport=off,smm=off,sata=off,dump-guest-core=off'],
      ...[
        '-accel',
        'tcg,thread=multi,tb-size=128',
        '-cpu',
        'max,cx16=off,xsave=off,avx=off,avx2=off,f16c=off,fma=off,vaes=off,vpclmulqdq=off',
      ],
      ...['-smp', '2,sockets=1,cores=2,threads=1', '-m', '768M', '-rtc', 'base=utc'],
      ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
      ...['-kernel', '/images/kernel', '-initrd', '/images/initramfs'],
      ...['-boot', 'strict=on'],
      ...['-append', 'console=ttyS0 quiet panic=-1 no_timer_check gleaner.role=local'],
      ...['-chardev', 'socket,id=monitor,fd=3', '-mon', 'chardev=monitor,mode=control'],
      ...['-chardev', 'ringbuf,id=console,size=65536', '-device', 'isa-serial,chardev=console'],
      ...['-chardev', 'socket,id=session,path=/vm/run/session.sock,server=on,wait=off'],
      ...['-device', 'virtio-serial-pci,max_ports=2', '-device', 'virtserialport,chardev=session,name=ssh'],
      ...['-object', 'rng-builtin,id=entropy', '-device', 'virtio-rng-pci,rng=entropy'],
      ...['-device', 'virtio-balloon-pci,free-page-reporting=on'],
      '-blockdev',
      'driver=raw,node-name=boot,read-only=on,file.driver=file,file.filename=/vm/boot.img',
      ...['-device', 'virtio-blk-pci,drive=boot,serial=boot,werror=report,rerror=report'],
      '-blockdev',
      'driver=raw,node-name=scratch,read-only=off,cache.no-flush=on,file.cache.no-flush=on,' +
        'discard=unmap,file.discard=unmap,file.driver=file,file.filename=/vm/scratch.raw',
      ...['-device', 'virtio-blk-pci,drive=scratch,serial=scratch,werror=report,rerror=report'],
    ]);
  });

  it('carries a durable disk’s flushes to the host’s disk, and nobody else’s', () => {
    const data = { serial: 'data', path: '/vm/data.raw', readOnly: false, discard: true, durable: true };
    const [, scratch, durable] = values(qemuArgs({ ...spec, disks: [...spec.disks, data] }), '-blockdev');
    expect(scratch).toContain('no-flush=on');
    expect(durable).toBe(
      'driver=raw,node-name=data,read-only=off,discard=unmap,file.discard=unmap,file.driver=file,file.filename=/vm/data.raw',
    );
  });

  it('never has a network card, a default device or a file of the person’s configuration', () => {
    for (const accelerator of ['kvm', 'hvf', 'whpx', 'tcg'] as const) {
      const args = qemuArgs({ ...spec, accelerator });
      expect(values(args, '-nic')).toEqual(['none']);
      expect(args).toContain('-nodefaults');
      expect(args).toContain('-no-user-config');
      expect(values(args, '-device').join(' ')).not.toMatch(/net|usb|vga|audio/);
    }
  });

  it('never lets the firmware drive a disk: its queues lie where the initramfs comes to lie', () => {
    for (const accelerator of ['kvm', 'hvf', 'whpx', 'tcg'] as const) {
      const args = qemuArgs({ ...spec, accelerator });
      expect(values(args, '-boot')).toEqual(['strict=on']);
      expect(args.join(' ')).not.toContain('bootindex');
    }
  });

  it('uses the processor as it is under KVM', () => {
    const args = qemuArgs({ ...spec, accelerator: 'kvm' });
    expect(values(args, '-accel')).toEqual(['kvm']);
    expect(values(args, '-cpu')).toEqual(['host']);
  });

  it('has no system call filter on macOS, and the same descriptor for the monitor', () => {
    const args = qemuArgs({ ...spec, platform: 'darwin', accelerator: 'hvf' });
    expect(args).not.toContain('-sandbox');
    expect(values(args, '-accel')).toEqual(['hvf']);
    expect(values(args, '-chardev')).toContain('socket,id=monitor,fd=3');
  });

  it('talks over named pipes on Windows', () => {
    const args = qemuArgs({
      ...spec,
      platform: 'win32',
      accelerator: 'whpx',
      monitor: { pipeName: 'gleaner-local-monitor' },
      session: { pipeName: 'gleaner-local-session' },
    });
    expect(values(args, '-accel')).toEqual(['whpx,kernel-irqchip=off']);
    expect(values(args, '-chardev').filter((value) => value.startsWith('pipe'))).toEqual([
      'pipe,id=monitor,path=gleaner-local-monitor',
      'pipe,id=session,path=gleaner-local-session',
    ]);
    expect(args).not.toContain('-sandbox');
  });

  it('doubles the commas of a path, so that no path adds an option', () => {
    const disk = { serial: 'in', path: '/a,read-only=off,b', readOnly: true, discard: false };
    const args = qemuArgs({ ...spec, disks: [disk], session: { socketPath: '/x,y' } });
    expect(values(args, '-blockdev')).toEqual([
      'driver=raw,node-name=in,read-only=on,file.driver=file,file.filename=/a,,read-only=off,,b',
    ]);
    expect(values(args, '-chardev')).toContain('socket,id=session,path=/x,,y,server=on,wait=off');
  });
});
