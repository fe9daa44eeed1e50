/** Every attempt of programs/escape.py by its name, under the error that the guest's kernel refuses a job's with. */
export const refusals: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  network: {
    ENETUNREACH: [
      "tcp to the emulator's usual gateway",
      "tcp to the emulator's usual name server",
      "tcp to the guest's own loopback",
      'tcp to the internet',
      'udp to the internet',
      'udp broadcast',
    ],
    EADDRNOTAVAIL: ["tcp to the guest's own IPv6 loopback"],
    EAFNOSUPPORT: ['vsock to the host'],
    EPERM: [
      'packet socket',
      'raw socket',
      'interface up by netlink',
      'new interface by netlink',
      'route by netlink',
      'interface up by ioctl',
    ],
  },
  privilege: {
    EPERM: [
      ...['setuid', 'setgid', 'setgroups', 'setresuid', 'raise capabilities', 'ambient capability'],
      ...['own file to root', 'file capabilities', 'trusted attribute', 'higher priority'],
      ...['realtime scheduling', 'higher limits'],
    ],
    EINVAL: ['no-new-privileges off'],
    ENOENT: ['setuid files'],
    EROFS: ['lower oom score'],
  },
  namespaces: {
    EPERM: [
      ...['mnt', 'cgroup', 'uts', 'ipc', 'pid', 'net', 'time'].map((kind) => `unshare ${kind}`),
      ...['join by pidfd', 'bind mount', 'remount /proc writable', 'unmount /proc', 'unmount its folder'],
      ...['tmpfs', 'proc', 'sysfs', 'cgroup2', 'devtmpfs'].map((kind) => `mount ${kind}`),
      ...['fsopen', 'open_tree', 'mount_setattr', 'pivot_root', 'chroot', 'open by handle'],
    ],
    ENOSPC: ['unshare user'],
    ENOENT: [
      ...['mnt', 'net', 'pid', 'user'].map((kind) => `join the first process's ${kind}`),
      'climb above the root',
    ],
  },
  kernel: {
    EPERM: [
      ...['init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load'],
      ...['bpf program', 'bpf map', 'userfaultfd', 'io_uring_setup', 'fanotify', 'syslog', 'reboot'],
      ...['sethostname', 'settimeofday', 'swapon', 'acct', 'iopl', 'ioperm', 'vhangup'],
    ],
    EACCES: ['perf_event_open'],
    ENOKEY: ['keyctl', 'add_key'],
  },
  processes: {
    EPERM: [
      ...['signal', 'ptrace', 'renice', 'move', 'limit'].map((verb) => `${verb} the first process`),
      "read the first process's memory",
      "take the first process's descriptor",
    ],
    ENOENT: ['root', 'cwd', 'exe', 'fd', 'environ', 'mem', 'maps', 'ns', 'status', 'cmdline'].map(
      (name) => `see /proc/1/${name}`,
    ),
  },
  files: {
    EACCES: [
      ...['kcore', 'kmsg', 'kpagecount', 'vmallocinfo', 'slabinfo', 'timer_list'].map(
        (name) => `read /proc/${name}`,
      ),
      ...['/etc/passwd', '/bin/sh', '/usr/bin/python3'].map((path) => `write ${path}`),
      ...['/evil', '/etc/evil', '/usr/bin/evil', '/dev/pts/evil', '/run/evil', '/root/evil'].map(
        (path) => `create ${path}`,
      ),
      'move its folder',
    ],
    ENOENT: [
      ...['mem', 'port', 'kmsg', 'vda', 'ttyS0', 'hvc0', 'vport0p1', 'virtio-ports/ssh', 'kvm', 'fuse'].map(
        (name) => `read /dev/${name}`,
      ),
      ...['net/tun', 'loop-control', 'hwrng'].map((name) => `read /dev/${name}`),
      ...['class/dmi/id/product_name', 'class/dmi/id/product_uuid', 'firmware/dmi/tables/DMI', 'block'].map(
        (name) => `read /sys/${name}`,
      ),
      ...['/sys/firmware/qemu_fw_cfg/by_name', '/etc/shadow', '/proc/config.gz'].map(
        (path) => `read ${path}`,
      ),
      ...['kernel/uevent_helper', 'fs/cgroup/cgroup.procs', 'fs/cgroup/memory.max'].map(
        (name) => `write /sys/${name}`,
      ),
      'create /proc/evil',
      ...[
        '/control',
        '/kit',
        '/.kit',
        '/.old',
        '/new',
        '/modules',
        '/init',
        '/run/*',
        '/root/.*',
        '/root/*',
      ].map((path) => `find ${path}`),
      ...['/etc/dropbear', '/sys/*', '/dev/vd*', '/dev/vport*', '/dev/virtio-ports', '/dev/disk'].map(
        (path) => `find ${path}`,
      ),
      ...['/home/*', '/boot/*'].map((path) => `find ${path}`),
    ],
    EROFS: [
      ...['kernel/core_pattern', 'kernel/modprobe', 'kernel/hostname', 'kernel/yama/ptrace_scope'].map(
        (name) => `write /proc/sys/${name}`,
      ),
      ...['vm/overcommit_memory', 'net/ipv4/ip_forward'].map((name) => `write /proc/sys/${name}`),
      ...['uid_map', 'setgroups', 'loginuid', 'attr/current'].map((name) => `write /proc/self/${name}`),
      ...['write /proc/sysrq-trigger', 'create /dev/evil', 'change /dev/null'],
    ],
    EPERM: ['disk', 'memory', 'console', 'serial port'].map((name) => `make a node for ${name}`),
    ENXIO: ['read /dev/tty'],
  },
};
