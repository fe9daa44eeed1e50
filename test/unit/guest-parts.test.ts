import { expect, test } from 'vitest';
import { appliances } from '../../resources/guest/appliances.ts';
import { namesLike } from '../../resources/guest/build/tree.ts';

test('a star in a name stands for anything, and nothing else does', () => {
  const names = ['libx.so.1', 'libx.so.1.2', 'libxyso.1', 'libx.so', 'a(b).so.1'];
  expect(namesLike('libx.so.*', names)).toEqual(['libx.so.1', 'libx.so.1.2']);
  expect(namesLike('libx.so', names)).toEqual(['libx.so']);
  expect(namesLike('a(b)*', names)).toEqual(['a(b).so.1']);
  expect(namesLike('*', names)).toEqual(names);
  expect(namesLike('lib', names)).toEqual([]);
});

test('of what an appliance takes parts of, it also asks for the package', () => {
  for (const { packages, keeps = {} } of Object.values(appliances)) {
    expect(packages).toEqual(expect.arrayContaining(Object.keys(keeps)));
    expect(new Set(packages).size).toBe(packages.length);
  }
});

test('each part of the slot has a user of its own in the condor appliance', () => {
  const passwd = appliances['condor']?.texts.find(([name]) => name === 'etc/passwd')?.[1] ?? '';
  const users = passwd.split('\n').map((line) => line.split(':'));
  const slots = users.filter(([name]) => name?.startsWith('slot1_'));
  expect(slots).toHaveLength(32);
  expect(new Set(users.map(([, , uid]) => uid)).size).toBe(users.length);
});
