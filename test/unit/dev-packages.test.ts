import { describe, expect, test } from 'vitest';
import {
  aptCandidates,
  installedNames,
  installNames,
  matchesLock,
  missingPackages,
  packagesFor,
  parseOsRelease,
  systemPackages,
} from '../../resources/dev/packages.mjs';

describe('os-release', () => {
  test('Debian', () => {
    const text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nID=debian\n';
    expect(parseOsRelease(text)).toEqual({ name: 'Debian GNU/Linux 12 (bookworm)', debianLike: true });
  });

  test.each([
    ['ID=ubuntu\nID_LIKE=debian', true],
    ["ID='linuxmint'\nID_LIKE='ubuntu debian'", true],
    ['ID=fedora', false],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"', false],
    ['# ID=debian\nID=alpine # ID_LIKE=debian', false],
    ['', false],
  ])('%j', (text, debianLike) => {
    expect(parseOsRelease(text).debianLike).toBe(debianLike);
  });
});

describe('what to ask for', () => {
  const groups = (use: { hasDisplay: boolean; forTests: boolean }) =>
    new Set(packagesFor(use).map(({ group }) => group));

  test('a screen spares the virtual one', () => {
    expect(groups({ hasDisplay: true, forTests: false })).toEqual(new Set(['vm', 'guest', 'electron']));
    expect(groups({ hasDisplay: false, forTests: false })).toContain('display');
  });

  test('tests bring their own screen in any case', () => {
    expect(packagesFor({ hasDisplay: true, forTests: true })).toEqual(systemPackages);
  });
});

describe('what is there', () => {
  const line = (name: string, status: string, arch: string, provides = '') =>
    [name, status, arch, provides].join('\t');

  test('a package counts under its own name and those it provides', () => {
    const output = [
      line('xvfb', 'installed', 'amd64', 'xserver'),
      line('libasound2t64', 'installed', 'amd64', 'libasound2 (= 1.2.11-1), libasound2:any'),
    ].join('\n');
    expect(installedNames(output, 'amd64')).toEqual(
      new Set(['xvfb', 'xserver', 'libasound2t64', 'libasound2']),
    );
  });

  test('removed packages and those of another architecture do not', () => {
    const output = [
      line('cpio', 'config-files', 'amd64'),
      line('zstd', 'installed', 'i386'),
      line('fonts-dejavu-core', 'installed', 'all'),
    ].join('\n');
    expect(installedNames(output, 'amd64')).toEqual(new Set(['fonts-dejavu-core']));
  });

  test('a renamed library is not missing', () => {
    const wanted = [
      { name: 'libgtk-3-0', group: 'electron' as const },
      { name: 'cpio', group: 'guest' as const },
    ];
    expect(missingPackages(wanted, new Set(['libgtk-3-0t64']))).toEqual(['cpio']);
    expect(missingPackages(wanted, new Set())).toEqual(['libgtk-3-0', 'cpio']);
  });

  test('one that would put out another is not wanted where that is', () => {
    const wanted = [{ name: 'pulseaudio', group: 'test' as const, unless: 'pipewire-audio' }];
    expect(missingPackages(wanted, new Set(['pipewire-audio']))).toEqual([]);
    expect(missingPackages(wanted, new Set())).toEqual(['pulseaudio']);
  });
});

describe('what to install', () => {
  const policy = `libasound2:
  Installed: (none)
  Candidate: (none)
  Version table:
libasound2t64:
  Installed: (none)
  Candidate: 1.2.11-1ubuntu0.1
  Version table:
     1.2.11-1ubuntu0.1 500
cpio:
  Installed: (none)
  Candidate: 2.15+dfsg-1ubuntu2
`;

  test('the renamed library where the old name has no candidate', () => {
    const candidates = aptCandidates(policy);
    expect(candidates).toEqual(new Set(['libasound2t64', 'cpio']));
    expect(installNames(['libasound2', 'cpio'], candidates)).toEqual(['libasound2t64', 'cpio']);
  });

  test('the plain name where apt knows nothing yet', () => {
    expect(installNames(['libasound2'], aptCandidates(''))).toEqual(['libasound2']);
  });
});

describe('node_modules', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-e', optional: true },
    },
  };
  const a = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

  test('match the lock without the optional packages of other platforms', () => {
    expect(matchesLock(lock, { packages: a })).toBe(true);
    const elsewhere = { 'node_modules/elsewhere': lock.packages['node_modules/elsewhere'] };
    expect(matchesLock(lock, { packages: { ...a, ...elsewhere } })).toBe(true);
  });

  test.each([
    ['nothing', {}],
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['other content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } }],
    ['one too many', { ...a, 'node_modules/b': { version: '2.0.0' } }],
  ])('do not with %s', (_, packages) => {
    expect(matchesLock(lock, { packages })).toBe(false);
  });
});
