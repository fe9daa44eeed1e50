/** Programs of the base system that wrap QEMU, by absolute path; undefined where they are missing. */
export interface WrapperTools {
  readonly chrt: string | undefined;
  readonly ionice: string | undefined;
  readonly prlimit: string | undefined;
  readonly setpriv: string | undefined;
  readonly bwrap: string | undefined;
}

/** What QEMU may see of the file system, all by absolute host path. */
export interface VisibleFiles {
  /** QEMU itself, its libraries, modules and firmware: read-only, at the same place inside. */
  readonly programPaths: readonly string[];
  /** Host path → path inside. */
  readonly readOnly: readonly (readonly [string, string])[];
  readonly writable: readonly (readonly [string, string])[];
  /** Character devices bound besides null, zero and urandom, e.g. `/dev/kvm`. */
  readonly devices: readonly string[];
}

/** The descriptor on which bwrap tells the pid of what it started. */
export const infoDescriptor = 4;

/**
 * Words to put before QEMU's own command: idle CPU and I/O priority and no core dumps, wherever the tools exist.
 * Each replaces itself by the next, so the pid stays the same. Pure.
 */
export function politePrefix(tools: WrapperTools): string[] {
  return [
    ...(tools.chrt ? [tools.chrt, '--idle', '0'] : []),
    ...(tools.ionice ? [tools.ionice, '-c', '3'] : []),
    ...(tools.prlimit ? [tools.prlimit, '--core=0', '--'] : []),
  ];
}

/**
 * bwrap's words: every namespace its own, nothing visible but the given files, no capability, a read-only root,
 * and QEMU (pid 1 in there) is killed when bwrap or its parent dies. Pure.
 */
export function bwrapPrefix(bwrap: string, files: VisibleFiles): string[] {
  const devices = ['/dev/null', '/dev/zero', '/dev/urandom', ...files.devices];
  return [
    bwrap,
    ...['--unshare-all', '--die-with-parent', '--as-pid-1', '--new-session', '--clearenv'],
    ...['--cap-drop', 'ALL', '--hostname', 'vm', '--info-fd', String(infoDescriptor)],
    ...files.programPaths.flatMap((path) => ['--ro-bind', path, path]),
    ...devices.flatMap((path) => ['--dev-bind', path, path]),
    ...files.readOnly.flatMap(([from, to]) => ['--ro-bind', from, to]),
    ...files.writable.flatMap(([from, to]) => ['--bind', from, to]),
    ...['--remount-ro', '/', '--chdir', '/', '--'],
  ];
}

/** Where bwrap is refused: at least QEMU dies with us and gains no privilege. Pure. */
export function reducedPrefix(tools: WrapperTools): string[] {
  return tools.setpriv ? [tools.setpriv, '--no-new-privs', '--pdeathsig', 'KILL', '--'] : [];
}

/** bwrap's answer on {@link infoDescriptor}: the pid of QEMU as the host sees it, or undefined while incomplete. Pure. */
export function childPid(info: string): number | undefined {
  const match = /"child-pid"\s*:\s*(\d{1,10})\s*[,}]/.exec(info);
  const pid = Number(match?.[1]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/** The shared libraries in what `ldd PROGRAM` prints, the loader included. Pure. */
export function librariesOf(lddOutput: string): string[] {
  const paths = lddOutput.split('\n').map((line) => /(?:^\s*|=>\s+)(\/\S+) \(0x[0-9a-f]+\)/.exec(line)?.[1]);
  return [...new Set(paths.filter((path) => path !== undefined))];
}
