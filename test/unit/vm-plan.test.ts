import { describe, expect, it } from 'vitest';
import { cleanStdio } from '../../electron/vm/descriptors.ts';
import { folderOf } from '../../electron/vm/folder.ts';
import { type PlanInput, planLaunch } from '../../electron/vm/plan.ts';
import { qemuCandidates, requireVersion } from '../../electron/vm/qemu.ts';
import { bwrapPrefix, childPid, librariesOf } from '../../electron/vm/sandbox.ts';

const tools = {
  chrt: '/usr/bin/chrt',
  ionice: '/usr/bin/ionice',
  prlimit: '/usr/bin/prlimit',
  setpriv: '/usr/bin/setpriv',
  bwrap: '/usr/bin/bwrap',
};
const input: PlanInput = {
  name: 'local',
  platform: 'linux',
  accelerator: 'tcg',
  vcpus: 1,
  memoryBytes: 268_435_456,
  kernelWords: [],
  images: { kernelPath: '/data/k', initramfsPath: '/data/i', rootPath: '/data/r' },
  folder: folderOf('/data/vms', 'local'),
  dataPath: undefined,
  qemu: {
    path: '/usr/bin/qemu-system-x86_64',
    version: '7.2.22',
    tools,
    programPaths: ['/usr/bin/qemu-system-x86_64', '/lib/libc.so.6'],
    wrapperRefusal: undefined,
  },
  wrapped: true,
  uid: 47_110,
  deviceGid: undefined,
};

/** The pairs after each `option SRC DEST`. */
function pairs(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [`${args[index + 1]} ${args[index + 2]}`] : []));
}

describe('where QEMU is looked for', () => {
  const env = { PATH: '/home/ann/bin::/usr/bin', ProgramFiles: '/P' };

  it('is PATH first, and on Linux at last where RHEL has it', () => {
    const candidates = qemuCandidates('linux', env);
    expect(candidates.slice(0, 2)).toEqual([
      '/home/ann/bin/qemu-system-x86_64',
      '/usr/bin/qemu-system-x86_64',
    ]);
    expect(candidates.at(-1)).toBe('/usr/libexec/qemu-kvm');
    expect(candidates.every((path) => path.startsWith('/'))).toBe(true);
  });

  it('is under one name elsewhere', () => {
    expect(qemuCandidates('darwin', env).every((path) => path.endsWith('/qemu-system-x86_64'))).toBe(true);
    expect(qemuCandidates('win32', {})[0]).toMatch(/qemu-system-x86_64\.exe$/);
  });
});

describe('a wrapped launch', () => {
  const plan = planLaunch(input);

  it('is polite, then bwrap, then QEMU, each replacing itself by the next', () => {
    expect([plan.command, ...plan.args].slice(0, 9)).toEqual([
      ...['/usr/bin/chrt', '--idle', '0', '/usr/bin/ionice', '-c', '3', '/usr/bin/prlimit', '--core=0', '--'],
    ]);
    expect(plan.args[8]).toBe('/usr/bin/bwrap');
    const inner = plan.args.indexOf('/usr/bin/qemu-system-x86_64', plan.args.indexOf('--chdir'));
    expect(plan.args.slice(inner - 3, inner)).toEqual(['--chdir', '/', '--']);
    expect(plan).toMatchObject({ uid: 47_110, gid: 47_110, wrapped: true });
  });

  it('shares no namespace, keeps no capability and dies with us', () => {
    for (const word of ['--unshare-all', '--die-with-parent', '--as-pid-1', '--new-session', '--clearenv'])
      expect(plan.args).toContain(word);
    expect(plan.args.slice(plan.args.indexOf('--cap-drop')).slice(0, 2)).toEqual(['--cap-drop', 'ALL']);
    expect(plan.args).not.toContain('--share-net');
  });

  it('shows QEMU its own files and nothing else', () => {
    expect(pairs(plan.args, '--ro-bind')).toEqual([
      '/usr/bin/qemu-system-x86_64 /usr/bin/qemu-system-x86_64',
      '/lib/libc.so.6 /lib/libc.so.6',
      '/data/k /images/kernel',
      '/data/i /images/initramfs',
      '/data/r /images/root',
      '/data/vms/local/boot.img /vm/boot.img',
      '/data/vms/local/in.raw /vm/in.raw',
      '/data/vms/local/wire /vm/wire',
    ]);
    expect(pairs(plan.args, '--bind')).toEqual([
      '/data/vms/local/scratch.raw /vm/scratch.raw',
      '/data/vms/local/out.raw /vm/out.raw',
      '/data/vms/local/run /vm/run',
    ]);
    expect(pairs(plan.args, '--dev-bind').map((pair) => pair.split(' ')[0])).toEqual([
      ...['/dev/null', '/dev/zero', '/dev/urandom'],
    ]);
    expect(plan.args.join(' ')).toContain('--remount-ro / ');
    expect(plan.args.join(' ')).toContain('file.filename=/vm/scratch.raw');
  });

  it('shows it the data disk as well, where there is one, and lets it write there', () => {
    const { args } = planLaunch({ ...input, dataPath: '/data/projects/one.raw' });
    expect(pairs(args, '--bind')).toContain('/data/projects/one.raw /vm/data.raw');
    expect(args.join(' ')).toMatch(/file\.filename=\/vm\/data\.raw .*serial=data/);
    expect(plan.args.join(' ')).not.toContain('data.raw');
    const reduced = planLaunch({ ...input, dataPath: '/data/projects/one.raw', wrapped: false });
    expect(reduced.args.join(' ')).toContain('file.filename=/data/projects/one.raw');
  });

  it('adds /dev/kvm, and its group, only for KVM', () => {
    const kvm = planLaunch({ ...input, accelerator: 'kvm', deviceGid: 104 });
    expect(pairs(kvm.args, '--dev-bind')).toContain('/dev/kvm /dev/kvm');
    expect(kvm).toMatchObject({ uid: 47_110, gid: 104 });
  });
});

describe('a reduced launch', () => {
  it('still ties QEMU to us, and names the files where they are', () => {
    const plan = planLaunch({ ...input, wrapped: false, uid: undefined });
    const words = plan.args.join(' ');
    expect(words).toContain(
      '/usr/bin/setpriv --no-new-privs --pdeathsig KILL -- /usr/bin/qemu-system-x86_64',
    );
    expect(words).toContain('file.filename=/data/vms/local/scratch.raw');
    expect(words).not.toContain('bwrap');
    expect(plan).toMatchObject({ wrapped: false, uid: undefined, gid: undefined });
  });

  it('is QEMU alone where no tool is', () => {
    const none = {
      chrt: undefined,
      ionice: undefined,
      prlimit: undefined,
      setpriv: undefined,
      bwrap: undefined,
    };
    const plan = planLaunch({
      ...input,
      platform: 'darwin',
      wrapped: false,
      qemu: { ...input.qemu, tools: none },
    });
    expect(plan.command).toBe('/usr/bin/qemu-system-x86_64');
    expect(plan.args[0]).toBe('-name');
  });
});

it('reads the pid from bwrap’s announcement only when it is whole', () => {
  expect(childPid('{\n    "child-pid": 4711,\n    "cgroup-nam')).toBe(4711);
  expect(childPid('{\n    "child-pid": 47')).toBe(undefined);
  expect(childPid('')).toBe(undefined);
  expect(childPid('{"child-pid": 1}')).toBe(undefined);
});

it('reads the libraries from what the linker prints', () => {
  const printed = [
    '\tlinux-vdso.so.1 (0x00007f1c654ed000)',
    '\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f1c653db000)',
    '\tlibmissing.so => not found',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f1c654ef000)',
    '\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f1c653db000)',
  ].join('\n');
  expect(librariesOf(printed)).toEqual(['/lib/x86_64-linux-gnu/libz.so.1', '/lib64/ld-linux-x86-64.so.2']);
  expect(librariesOf('\tnot a dynamic executable\n')).toEqual([]);
});

it('puts the null device where a descriptor would leak', () => {
  expect(cleanStdio(['ignore', 'ignore', 'pipe', 'pipe'], [3, 6], 99)).toEqual([
    ...['ignore', 'ignore', 'pipe', 'pipe', 'ignore', 'ignore', 99],
  ]);
  expect(cleanStdio(['ignore', 'pipe'], [], 99)).toEqual(['ignore', 'pipe']);
});

it('keeps the wrapper’s own words apart from the command', () => {
  const prefix = bwrapPrefix('/usr/bin/bwrap', { programPaths: [], readOnly: [], writable: [], devices: [] });
  expect(prefix.at(-1)).toBe('--');
});

describe('QEMU’s version', () => {
  const says = (version: string): string => requireVersion(`QEMU emulator version ${version} (Debian)\n`);

  it('is taken when it is new enough', () => {
    expect(says('6.2.0')).toBe('6.2.0');
    expect(says('10.0.2')).toBe('10.0.2');
  });

  it('emulates several vCPUs in one thread until it translates safely in more', () => {
    const accel = (version: string, vcpus: number): string | undefined => {
      const { args } = planLaunch({ ...input, vcpus, qemu: { ...input.qemu, version } });
      return args[args.indexOf('-accel') + 1];
    };
    expect(accel('7.2.22', 2)).toContain('thread=single');
    expect(accel('8.0.9', 2)).toContain('thread=single');
    expect(accel('7.2.22', 1)).toContain('thread=multi');
    for (const version of ['8.1.0', '10.0.2']) expect(accel(version, 2)).toContain('thread=multi');
  });

  it('is refused when too old, or when it does not tell', () => {
    expect(() => says('6.1.9')).toThrow(expect.objectContaining({ code: 'qemu-too-old' }) as Error);
    expect(() => says('5.2.0')).toThrow(expect.objectContaining({ code: 'qemu-too-old' }) as Error);
    expect(() => requireVersion('hello')).toThrow(expect.objectContaining({ code: 'qemu-missing' }) as Error);
  });
});
