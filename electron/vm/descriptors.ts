import { readdirSync, readFileSync } from 'node:fs';

/** O_CLOEXEC in the octal `flags:` line of /proc/PID/fdinfo/N (proc(5)). */
const closeOnExec = 0o2000000;

/**
 * Descriptors above 2 of this process that a child would inherit, because whoever started us left them open.
 * QEMU must not get them. Linux only; elsewhere empty.
 */
export function inheritableDescriptors(): number[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fdinfo');
  } catch {
    return [];
  }
  return names.map(Number).filter((fd) => fd > 2 && inherits(fd));
}

function inherits(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
}

/**
 * Node's `stdio` option for a child that gets `wanted` from index 0 on and, in place of each leaked descriptor,
 * `nullDescriptor` (open on the null device). Pure.
 */
export function cleanStdio<T>(
  wanted: readonly T[],
  leaked: readonly number[],
  nullDescriptor: number,
): (T | 'ignore' | number)[] {
  const stdio: (T | 'ignore' | number)[] = [...wanted];
  for (const fd of leaked) {
    while (stdio.length <= fd) stdio.push('ignore');
    if (fd >= wanted.length || stdio[fd] === 'ignore') stdio[fd] = nullDescriptor;
  }
  return stdio;
}
