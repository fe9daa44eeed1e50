"""Tries every way out of a job and writes what came of each to out/report.json; `agent FILE PORT`: out of an agent, and
sends it to a port of 127.0.0.1 as well.

An attempt that raises OSError was refused; one that returns got through. Numbers are those of x86-64.
"""

import ctypes
import errno
import fcntl
import glob
import json
import os
import resource
import socket
import stat
import struct
import sys
import time

home = os.getcwd()
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, O_PATH = -100, 0o10000000
CLONE = {"mnt": 0x00020000, "cgroup": 0x02000000, "uts": 0x04000000, "ipc": 0x08000000, "user": 0x10000000,
         "pid": 0x20000000, "net": 0x40000000, "time": 0x00000080}


def call(number, *arguments):
    """A system call by its number; bytes are pointers to them."""
    words = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) if isinstance(a, int) else a
             for a in arguments]
    answer = libc.syscall(ctypes.c_long(number), *words)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def zeros(size, *start):
    return ctypes.create_string_buffer(struct.pack("<%dI" % len(start), *start), size)


def tcp(address, port, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(5)
        s.connect((address, port))


def udp(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", (address, port))


def netlink(kind, body):
    """Asks the kernel's routing socket; an error in its answer is an OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.settimeout(5)
        s.send(struct.pack("=IHHII", 16 + len(body), kind, 5, 1, 0) + body)
        answer = s.recv(4096)
        code = struct.unpack_from("=i", answer, 16)[0]
        if code:
            raise OSError(-code, os.strerror(-code))


def interface_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))


def read(path):
    with open(path, "rb") as file:
        return file.read(200).decode("utf-8", "replace")


def write(path, text="1"):
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def create(path):
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def absent(*paths):
    """Nothing of it can be looked at."""
    found = [path for path in paths if glob.glob(path)]
    if not found:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found


def setuid_files():
    found = []
    for root, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(root, name) not in ("/proc", "/dev")]
        for name in files:
            try:
                status = os.lstat(os.path.join(root, name))
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_mode & 0o6000:
                found.append(os.path.join(root, name))
    if not found:
        raise FileNotFoundError(errno.ENOENT, "there is none")
    return found


def own_setuid_file():
    """A copy of a program, owned by us with the setuid bit, after an attempt to give it to root."""
    with open("/bin/cat", "rb") as source, open("/tmp/cat", "wb") as copy:
        copy.write(source.read())
    os.chmod("/tmp/cat", 0o4755)
    os.chown("/tmp/cat", 0, 0)


def ambient():
    if libc.prctl(47, 2, 21, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def capabilities():
    call(126, zeros(8, 0x20080522, 0), zeros(24, *[0xFFFFFFFF] * 6))


def no_new_privs_off():
    if libc.prctl(38, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def unshare(kind):
    call(272, CLONE[kind])


def join(kind):
    call(308, os.open(f"/proc/1/ns/{kind}", os.O_RDONLY), CLONE[kind])


def first_process():
    return call(434, 1, 0)  # pidfd_open


def first_memory():
    buffer = ctypes.create_string_buffer(8)
    to, source = struct.pack("=QQ", ctypes.addressof(buffer), 8), struct.pack("=QQ", 0x400000, 8)
    return call(310, 1, to, 1, source, 1, 0)


def lower_oom():
    write("/proc/self/oom_score_adj", "-1000")


def realtime():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def handle_from_root():
    """The inode that is the root of most file systems, opened by its number alone."""
    mount = os.open("/", os.O_RDONLY)
    handle = zeros(64, 8, 1, 2, 0)
    return call(304, mount, handle, os.O_RDONLY)


def climb():
    """Above the root lies the root."""
    os.chdir("/")
    for _ in range(64):
        os.chdir("..")
    above, root = os.stat("."), os.stat("/proc/self/root")
    os.chdir(home)
    if (above.st_dev, above.st_ino) == (root.st_dev, root.st_ino):
        raise OSError(errno.ENOENT, "the root has no parent")


NETWORK = {
    "tcp to the emulator's usual gateway": lambda: tcp("10.0.2.2", 80),
    "tcp to the emulator's usual name server": lambda: tcp("10.0.2.3", 53),
    "tcp to the guest's own loopback": lambda: tcp("127.0.0.1", 22),
    "tcp to the guest's own IPv6 loopback": lambda: tcp("::1", 22, socket.AF_INET6),
    "tcp to the internet": lambda: tcp("192.0.2.1", 443),
    "udp to the internet": lambda: udp("192.0.2.1", 53),
    "udp broadcast": lambda: udp("255.255.255.255", 67),
    "vsock to the host": lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 22)),
    "packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x300),
    "raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "interface up by netlink": lambda: netlink(16, struct.pack("=BxHiII", 0, 0, 1, 1, 1)),
    "new interface by netlink": lambda: netlink(16, struct.pack("=BxHiII", 0, 0, 0, 0, 0)),
    "route by netlink": lambda: netlink(24, struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 3, 253, 1, 0)),
    "interface up by ioctl": interface_up,
}

PRIVILEGE = {
    "setuid": lambda: os.setuid(0),
    "setgid": lambda: os.setgid(0),
    "setgroups": lambda: os.setgroups([0]),
    "setresuid": lambda: os.setresuid(0, 0, 0),
    "raise capabilities": capabilities,
    "ambient capability": ambient,
    "no-new-privileges off": no_new_privs_off,
    "setuid files": setuid_files,
    "own file to root": own_setuid_file,
    "file capabilities": lambda: os.setxattr("/tmp/cat", "security.capability", struct.pack("<5I", 0x02000001, ~0 & 0xFFFFFFFF, 0, 0, 0)),
    "trusted attribute": lambda: os.setxattr("/tmp", "trusted.overlay.opaque", b"y"),
    "higher priority": lambda: os.nice(-5),
    "realtime scheduling": realtime,
    "lower oom score": lower_oom,
    "higher limits": lambda: call(302, 0, resource.RLIMIT_NICE, struct.pack("=QQ", 40, 40), 0),
}

NAMESPACES = {
    **{f"unshare {kind}": lambda kind=kind: unshare(kind) for kind in CLONE},
    **{f"join the first process's {kind}": lambda kind=kind: join(kind) for kind in ("mnt", "net", "pid", "user")},
    "join by pidfd": lambda: call(308, first_process(), CLONE["mnt"]),
    "mount tmpfs": lambda: call(165, b"x", b"/tmp", b"tmpfs", 0, 0),
    "mount proc": lambda: call(165, b"x", b"/tmp", b"proc", 0, 0),
    "mount sysfs": lambda: call(165, b"x", b"/tmp", b"sysfs", 0, 0),
    "mount cgroup2": lambda: call(165, b"x", b"/tmp", b"cgroup2", 0, 0),
    "mount devtmpfs": lambda: call(165, b"x", b"/tmp", b"devtmpfs", 0, 0),
    "bind mount": lambda: call(165, b"/", b"/tmp", b"", 0x1000, 0),
    "remount /proc writable": lambda: call(165, b"x", b"/proc", b"", 0x20, 0),
    "unmount /proc": lambda: call(166, b"/proc", 2),
    "unmount its folder": lambda: call(166, home.encode() + (b"/progress" if home == "/job" else b""), 2),
    "fsopen": lambda: call(430, b"ext4", 0),
    "open_tree": lambda: call(428, AT_FDCWD, b"/", 1),
    "mount_setattr": lambda: call(442, AT_FDCWD, b"/", 0, zeros(32, 0, 0, 1, 0), 32),
    "pivot_root": lambda: call(155, b"/tmp", b"/tmp"),
    "chroot": lambda: os.chroot("/tmp"),
    "climb above the root": climb,
    "open by handle": handle_from_root,
}

KERNEL = {
    "init_module": lambda: call(175, b"x", 1, b""),
    "finit_module": lambda: call(313, 0, b"", 0),
    "delete_module": lambda: call(176, b"overlay", 0),
    "kexec_load": lambda: call(246, 0, 0, 0, 0),
    "kexec_file_load": lambda: call(320, 0, 0, 0, b"", 0),
    "bpf program": lambda: call(321, 5, zeros(128, 1, 1), 128),
    "bpf map": lambda: call(321, 0, zeros(128, 1, 4, 4, 1), 128),
    "perf_event_open": lambda: call(298, zeros(128, 0, 128), 0, -1, -1, 0),
    "userfaultfd": lambda: call(323, 0),
    "io_uring_setup": lambda: call(425, 4, zeros(256)),
    "keyctl": lambda: call(250, 0, -3, 1),
    "add_key": lambda: call(248, b"user", b"gleaner", b"x", 1, -4),
    "fanotify": lambda: call(300, 4, 0),
    "syslog": lambda: call(103, 3, zeros(4096), 4096),
    "reboot": lambda: call(169, 0xFEE1DEAD, 672274793, 0x1234567),
    "sethostname": lambda: socket.sethostname("mine"),
    "settimeofday": lambda: time.clock_settime(time.CLOCK_REALTIME, 0),
    "swapon": lambda: call(167, b"/tmp/cat", 0),
    "acct": lambda: call(163, b"/tmp/cat"),
    "iopl": lambda: call(172, 3),
    "ioperm": lambda: call(173, 0x3F8, 8, 1),
    "vhangup": lambda: call(153),
}

PROCESSES = {
    "signal the first process": lambda: os.kill(1, 9),
    "ptrace the first process": lambda: call(101, 16, 1, 0, 0),
    "read the first process's memory": first_memory,
    "take the first process's descriptor": lambda: call(438, first_process(), 0, 0),
    "renice the first process": lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    "move the first process": lambda: os.sched_setaffinity(1, [0]),
    "limit the first process": lambda: call(302, 1, resource.RLIMIT_NOFILE, struct.pack("=QQ", 1, 1), 0),
    **{f"see /proc/1/{name}": lambda name=name: os.stat(f"/proc/1/{name}") for name in
       ("root", "cwd", "exe", "fd", "environ", "mem", "maps", "ns", "status", "cmdline")},
}

READ = ("/proc/kcore", "/proc/kmsg", "/proc/kpagecount", "/proc/vmallocinfo", "/proc/slabinfo", "/proc/timer_list",
        "/dev/mem", "/dev/port", "/dev/kmsg", "/dev/vda", "/dev/ttyS0", "/dev/hvc0",
        "/dev/vport0p1", "/dev/virtio-ports/ssh", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/loop-control",
        "/dev/hwrng", "/dev/tty", "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/product_uuid",
        "/sys/firmware/dmi/tables/DMI", "/sys/firmware/qemu_fw_cfg/by_name", "/sys/block", "/etc/shadow", "/proc/config.gz")
WRITE = ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
         "/proc/sys/kernel/hostname", "/proc/sys/kernel/yama/ptrace_scope", "/proc/sys/vm/overcommit_memory",
         "/proc/sys/net/ipv4/ip_forward", "/proc/self/uid_map", "/proc/self/setgroups", "/proc/self/loginuid",
         "/proc/self/attr/current", "/etc/passwd", "/bin/sh", "/usr/bin/python3",
         "/sys/kernel/uevent_helper", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory.max")
CREATE = ("/evil", "/etc/evil", "/usr/bin/evil", "/dev/evil", "/dev/pts/evil", "/proc/evil", "/run/evil", "/root/evil")
ABSENT = ("/control", "/kit", "/.kit", "/.old", "/new", "/modules", "/init", "/run/*", "/root/.*", "/root/*", "/etc/dropbear",
          "/sys/*", "/dev/vd*", "/dev/vport*", "/dev/virtio-ports", "/dev/disk", "/home/*", "/boot/*")
NODES = {"disk": (stat.S_IFBLK, 254, 0), "memory": (stat.S_IFCHR, 1, 1), "console": (stat.S_IFCHR, 5, 1),
         "serial port": (stat.S_IFCHR, 4, 64)}

FILES = {
    **{f"read {path}": lambda path=path: read(path) for path in READ},
    **{f"write {path}": lambda path=path: write(path) for path in WRITE},
    **{f"create {path}": lambda path=path: create(path) for path in CREATE},
    **{f"find {path}": lambda path=path: absent(path) for path in ABSENT},
    **{f"make a node for {name}": lambda name=name, kind=kind: os.mknod(f"/tmp/{name}", kind[0] | 0o600, os.makedev(*kind[1:]))
       for name, kind in NODES.items()},
    "change /dev/null": lambda: os.chmod("/dev/null", 0),
    "move its folder": lambda: os.rename(home, "/other"),
}


def attempt(act):
    try:
        return {"refused": False, "got": repr(act())[:200]}
    except OSError as error:
        return {"refused": True, "why": errno.errorcode.get(error.errno, str(error))}


def lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(65536).splitlines()
    except OSError as error:
        return [f"({errno.errorcode.get(error.errno, error)})"]


def families():
    """The socket families that can be had at all."""
    found = []
    for family in range(1, 46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, kind).close()
            except OSError:
                continue
            found.append(family)
            break
    return found


def facts():
    status = dict(line.split(":\t", 1) for line in lines("/proc/self/status") if ":\t" in line)
    return {
        "status": {key: status[key].split() for key in
                   ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs")},
        "environment": dict(os.environ),
        "host name": socket.gethostname(),
        "interfaces": [line.split(":")[0].strip() for line in lines("/proc/net/dev")[2:]],
        "interface flags": lines("/sys/class/net/lo/flags"),
        "routes": lines("/proc/net/route")[1:] + lines("/proc/net/fib_trie"),
        "families": families(),
        "unix sockets": lines("/proc/net/unix")[1:],
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "own process": os.getpid(),
        "descriptors": {name: os.readlink(f"/proc/self/fd/{name}") for name in ("0", "1", "2")},
        "other descriptors": [name for name in os.listdir("/proc/self/fd")
                              if int(name) > 2 and os.path.lexists(f"/proc/self/fd/{name}")],
        "devices": sorted(os.listdir("/dev")),
        "block devices": [os.path.join(folder, name) for folder, _, names in os.walk("/dev") for name in names
                          if stat.S_ISBLK(os.lstat(os.path.join(folder, name)).st_mode)],
        "root": sorted(os.listdir("/")),
        "mounts": [line.split()[4:6] for line in lines("/proc/self/mountinfo")],
        "kernel words": lines("/proc/cmdline"),
        "cgroup": lines("/proc/self/cgroup"),
        "keys": lines("/proc/keys"),
        "shared memory": lines("/proc/sysvipc/shm")[1:] + os.listdir("/dev/shm"),
        "kernel symbols": sorted({line.split()[0] for line in lines("/proc/kallsyms")})[:2],
        "words": {path: lines(path) for path in
                  ("/proc/version", "/proc/cpuinfo", "/proc/partitions", "/proc/mounts", "/etc/hostname", "/etc/hosts",
                   "/etc/resolv.conf", "/etc/passwd", "/etc/machine-id", "/proc/sys/kernel/random/boot_id")},
    }


def answering():
    """The ports of 127.0.0.1 that take a connection."""
    found = []
    for port in range(1, 65536):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
            # A port that happens to be given to the caller itself connects to itself.
            if s.connect_ex(("127.0.0.1", port)) == 0 and s.getsockname() != s.getpeername():
                found.append(port)
    return found


def socket_list(family):
    """Asks the kernel for all sockets of a family (sock_diag)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as s:
        s.settimeout(5)
        body = struct.pack("=BBHI", family, 0, 0, 0xFFFFFFFF) + bytes(48)
        s.send(struct.pack("=IHHII", 16 + len(body), 20, 0x301, 1, 0) + body)
        answer = s.recv(4096)
        if struct.unpack_from("=H", answer, 4)[0] == 2:
            code = struct.unpack_from("=i", answer, 16)[0]
            raise OSError(-code, os.strerror(-code))
        return answer


def abstract(name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.connect(name)


def foreign():
    """Files beside the appliance's own (whose times are 0) that can be read, and folders that can be written."""
    files, folders = [], []
    for root, names, others in os.walk("/"):
        names[:] = [name for name in names if os.path.join(root, name) not in ("/proc", "/dev")]
        if os.access(root, os.W_OK):
            folders.append(root)
        for name in others:
            path = os.path.join(root, name)
            try:
                status = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_mtime > 0 and os.access(path, os.R_OK):
                files.append(path)
    return sorted(files), sorted(folders)


NEIGHBOURS = {
    "list the unix sockets": lambda: socket_list(socket.AF_UNIX),
    "list the other sockets": lambda: socket_list(socket.AF_PACKET),
    "the session's socket": lambda: abstract("/run/ssh/socket"),
    "an abstract socket": lambda: abstract("\0gleaner"),
    "a port below 1024": lambda: socket.socket().bind(("127.0.0.1", 80)),
    "an address that is not its own": lambda: socket.socket().bind(("10.0.2.15", 0)),
    "read another's file": lambda: read("/data/others"),
    "take another's file": lambda: os.chown("/data/others", os.getuid(), os.getgid()),
    "give a file away": lambda: os.chown("/data/mine", 601, 601),
    "a device on the data disk": lambda: os.mknod("/data/disk", stat.S_IFBLK | 0o600, os.makedev(254, 0)),
    "above the data disk's folder": lambda: absent("/data/../lost+found", "/data/lost+found", "/lost+found"),
}

agent = sys.argv[1:2] == ["agent"]
report = {"facts": facts()}
if agent:
    report["facts"]["ports"] = answering()
    report["facts"]["foreign files"], report["facts"]["writable folders"] = foreign()
for group, attempts in (("network", NETWORK), ("privilege", PRIVILEGE), ("namespaces", NAMESPACES), ("kernel", KERNEL),
                        ("processes", PROCESSES), ("files", FILES), *([("neighbours", NEIGHBOURS)] if agent else [])):
    report[group] = {name: attempt(act) for name, act in attempts.items()}
with open(sys.argv[2] if agent else "out/report.json", "w", encoding="utf-8") as file:
    json.dump(report, file)
if agent:
    with socket.create_connection(("127.0.0.1", int(sys.argv[3]))) as s:
        s.sendall(json.dumps(report).encode())
sys.exit(0)
