import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { resolveServicePaths } from '../../electron/base/paths.ts';
import { linuxProfilesDir } from '../../electron/settings/profiles/linux.ts';

const installerDir = fileURLToPath(new URL('../../resources/installer', import.meta.url));
const read = (name: string): string => readFileSync(join(installerDir, name), 'utf8');
/** All values of a key, in order. */
const values = (text: string, key: string): string[] =>
  text.split('\n').flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
const unit = read('linux/gleaner.service');
const paths = resolveServicePaths({ platform: 'linux', uid: 1, env: {} });

describe('the systemd unit', () => {
  test('gives the service the places that everybody asks it at', () => {
    expect(values(unit, 'StateDirectory').map((name) => `/var/lib/${name}`)).toEqual([paths.dataDir]);
    expect(values(unit, 'RuntimeDirectory').map((name) => `/run/${name}`)).toEqual([paths.runDir]);
    expect([values(unit, 'StateDirectoryMode'), values(unit, 'RuntimeDirectoryMode')]).toEqual([
      // Apps look for the file "wanted" in it.
      ['0711'],
      ['0750'],
    ]);
  });

  test('starts when a profile arrives, and watches where profiles are', () => {
    const path = read('linux/gleaner-profile.path');
    const dir = linuxProfilesDir(1, {});
    expect(values(path, 'PathChanged')).toEqual([join(dir, 'defaults.json'), join(dir, 'locked.json')]);
    expect(values(path, 'Unit')).toEqual(['gleaner.service']);
  });

  test('asks again after every end, since a profile may have come back in the meantime', () => {
    expect(values(unit, 'Restart')).toEqual(['always']);
    expect(values(unit, 'ExecCondition')).toEqual(['/usr/bin/gleaner service wanted']);
    expect(values(unit, 'RestartPreventExitStatus')).toEqual([]);
  });

  test('leaves what a QEMU in bwrap needs', () => {
    const namespaces = values(unit, 'RestrictNamespaces').join(' ').split(' ');
    for (const name of ['user', 'mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup'])
      expect(namespaces).toContain(name);
    const calls = values(unit, 'SystemCallFilter')[0]?.split(' ');
    // bwrap names its namespace, QEMU locks itself in.
    for (const call of ['@mount', 'seccomp', 'sethostname']) expect(calls).toContain(call);
    expect(values(unit, 'RestrictAddressFamilies')[0]).toContain('AF_NETLINK');
    expect(values(unit, 'DeviceAllow')).toContain('/dev/kvm rw');
    for (const forbidding of ['ProtectHostname', 'PrivateDevices', 'MemoryDenyWriteExecute', 'ProtectProc'])
      expect(values(unit, forbidding)).toEqual([]);
    // A signal to QEMU would end what is to be saved.
    expect(values(unit, 'KillMode')).toEqual(['mixed']);
    expect(read('linux/functions.sh')).toContain('usermod --append --groups kvm');
  });

  test.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is understood by systemd, and exposes little', () => {
    const root = mkdtempSync(join(tmpdir(), 'gleaner-unit-'));
    try {
      const unitDir = join(root, 'etc/systemd/system');
      const binary = join(root, 'usr/bin/gleaner');
      for (const dir of [unitDir, join(root, 'usr/bin')]) mkdirSync(dir, { recursive: true });
      writeFileSync(binary, '#!/bin/sh\n');
      chmodSync(binary, 0o755);
      for (const name of ['gleaner.service', 'gleaner-profile.path'])
        copyFileSync(join(installerDir, 'linux', name), join(unitDir, name));
      const ask = (...argv: string[]) => {
        const { stdout, stderr } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' });
        return `${stdout}${stderr}`;
      };
      const verified = ask('verify', `--root=${root}`, 'gleaner.service', 'gleaner-profile.path');
      // What is said of units that this small root lacks is not about ours.
      const ours = verified
        .split('\n')
        .filter((line) => /gleaner/.test(line) && !/man gleaner|not found/i.test(line));
      expect(ours).toEqual([]);
      const told = ask('security', '--offline=true', '--no-pager', `--root=${root}`, 'gleaner.service');
      const exposure = Number(/exposure level for gleaner\.service: (\d+\.\d)/.exec(told)?.[1]);
      expect(exposure).toBeLessThanOrEqual(3.2);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
