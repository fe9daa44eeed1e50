// Writes the bill of materials of a package of Gleaner as CycloneDX 1.6 (ECMA-424):
// `node resources/dev/sbom.ts [--platform linux] [--arch x64] [--image DIR] [--out FILE]`.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PackageURL } from 'packageurl-js';
import { type Carried, type CarriedPackage, gather } from './carried.ts';
import { fail } from './console.mjs';
import { releaseArguments } from './release-arguments.ts';

interface Component {
  readonly type: 'application' | 'framework' | 'library' | 'operating-system' | 'platform' | 'file';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version?: string;
  readonly scope?: 'required' | 'optional';
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[];
}

type Edges = Map<string, Set<string>>;

/**
 * The whole document. Pure: the same content gives the same bytes.
 * @param epochSeconds when the sources were last changed (reproducible-builds.org, SOURCE_DATE_EPOCH); without it the
 *   document carries no date
 */
export function sbom(carried: Carried, epochSeconds?: number): string {
  const edges: Edges = new Map();
  const program: Component = {
    type: 'application',
    'bom-ref': `gleaner@${carried.version}`,
    name: 'gleaner',
    version: carried.version,
    licenses: [{ license: { id: 'MIT' } }],
    properties: [
      { name: 'gleaner:platform', value: carried.platform },
      { name: 'gleaner:arch', value: carried.arch },
    ],
  };
  const npm = npmComponents(carried.npm, edges);
  const runtimes = runtimeComponents(carried, edges);
  const guest = guestComponents(carried, edges);
  const qemu = qemuComponents(carried, edges);
  const components = [...npm, ...runtimes, ...guest, ...qemu].sort(byRef);
  const needed = new Set([...edges.values()].flatMap((refs) => [...refs]));
  // Whatever nothing else needs, the program itself does.
  edges.set(
    program['bom-ref'],
    new Set(components.map((one) => one['bom-ref']).filter((ref) => !needed.has(ref))),
  );
  const dependencies = [program, ...components]
    .map((one) => ({ ref: one['bom-ref'], dependsOn: [...(edges.get(one['bom-ref']) ?? [])].sort() }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1));
  const content = {
    metadata: {
      ...(epochSeconds === undefined ? {} : { timestamp: new Date(epochSeconds * 1000).toISOString() }),
      component: program,
    },
    components,
    dependencies,
  };
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const byRef = (a: Component, b: Component): number => (a['bom-ref'] < b['bom-ref'] ? -1 : 1);

/** A UUID of version 8 (RFC 9562, section 5.8) made of a digest of the content: another content, another number. */
function uuidOf(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

function licences(expression: string): unknown[] {
  return expression.includes(' ') ? [{ expression }] : [{ license: { id: expression } }];
}

function npmPurl({ name, version }: CarriedPackage): string {
  const slash = name.indexOf('/');
  const namespace = slash === -1 ? undefined : name.slice(0, slash);
  return new PackageURL('npm', namespace, name.slice(slash + 1), version, undefined, undefined).toString();
}

/** Subresource integrity (base64) as CycloneDX writes a hash (hex). */
function hashesOf(integrity: string | undefined): Pick<Component, 'hashes'> {
  const match = /^sha(256|384|512)-([A-Za-z0-9+/=]+)$/.exec(integrity ?? '');
  const [, bits, base64 = ''] = match ?? [];
  if (bits === undefined) return {};
  return { hashes: [{ alg: `SHA-${bits}`, content: Buffer.from(base64, 'base64').toString('hex') }] };
}

/** The same version at several places is one component, needed when any of them is. */
function npmComponents(packages: readonly CarriedPackage[], edges: Edges): Component[] {
  const purlAt = new Map(packages.map((one) => [one.path, npmPurl(one)]));
  const components = new Map<string, Component>();
  for (const one of packages) {
    const purl = npmPurl(one);
    const isRequired = !one.optional || components.get(purl)?.scope === 'required';
    components.set(purl, npmComponent(one, purl, isRequired ? 'required' : 'optional'));
    for (const place of one.needs) {
      const needed = purlAt.get(place);
      if (needed !== undefined) addEdge(edges, purl, needed);
    }
  }
  return [...components.values()];
}

function npmComponent(one: CarriedPackage, purl: string, scope: 'required' | 'optional'): Component {
  return {
    type: 'library',
    'bom-ref': purl,
    name: one.name,
    version: one.version,
    scope,
    licenses: licences(one.licence),
    ...hashesOf(one.integrity),
    purl,
  };
}

function addEdge(edges: Edges, from: string, to: string): void {
  edges.set(from, (edges.get(from) ?? new Set()).add(to));
}

function runtimeComponents({ electron, node }: Carried, edges: Edges): Component[] {
  const runtime = (
    type: Component['type'],
    name: string,
    version: string,
    licence: string,
    purl?: string,
  ): Component => ({
    type,
    'bom-ref': `${name}@${version}`,
    name,
    version,
    licenses: licences(licence),
    ...(purl === undefined ? {} : { purl }),
  });
  const framework = runtime(
    'framework',
    'electron',
    electron.electron,
    'MIT',
    new PackageURL(
      'github',
      'electron',
      'electron',
      `v${electron.electron}`,
      undefined,
      undefined,
    ).toString(),
  );
  const chromium = runtime('library', 'chromium', electron.chrome, 'BSD-3-Clause');
  const inside = { ...runtime('library', 'node', electron.node, 'MIT'), 'bom-ref': 'electron/node' };
  addEdge(edges, framework['bom-ref'], chromium['bom-ref']);
  addEdge(edges, framework['bom-ref'], inside['bom-ref']);
  if (node === undefined) return [framework, chromium, inside];
  return [
    framework,
    chromium,
    inside,
    { ...npmComponent(node, npmPurl(node), 'required'), type: 'platform' },
  ];
}

function guestComponents({ image, debian }: Carried, edges: Edges): Component[] {
  const files = [
    ['kernel', image.kernel],
    ['initramfs', image.initramfs],
    ...Object.entries(image.appliances),
  ] as const;
  const images = files.map(([name, { file, digest }]): Component => {
    return {
      type: 'operating-system',
      'bom-ref': `guest/${name}`,
      name: `gleaner-guest-${name}`,
      version: image.recipe.slice(0, 16),
      hashes: [{ alg: 'SHA-256', content: digest.slice('sha256:'.length) }],
      properties: [
        { name: 'gleaner:file', value: file },
        { name: 'gleaner:suite', value: image.suite },
        ...(name === 'kernel' ? [{ name: 'gleaner:kernelRelease', value: image.kernelRelease }] : []),
      ],
    };
  });
  const packages = debian.map(({ name, version, sha256, images: holders }): Component => {
    const qualifiers = { distro: image.suite };
    const purl = new PackageURL('deb', 'debian', name, version, qualifiers, undefined).toString();
    for (const holder of holders) addEdge(edges, `guest/${holder}`, purl);
    return {
      type: 'library',
      'bom-ref': purl,
      name,
      version,
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      purl,
      properties: [{ name: 'gleaner:suite', value: image.suite }],
      externalReferences: [{ type: 'source-distribution', url: snapshotUrl(name) }],
    };
  });
  return [...images, ...packages];
}

/** Where Debian keeps every version of a package that it ever published, with its sources. */
export function snapshotUrl(name: string): string {
  return `https://snapshot.debian.org/binary/${encodeURIComponent(name)}/`;
}

function qemuComponents({ qemu }: Carried, edges: Edges): Component[] {
  if (qemu === undefined) return [];
  const ref = `qemu@${qemu.qemuVersion}`;
  const origin = new Map(qemu.origins.map((one) => [one.name, one]));
  const files = qemu.files.map((file): Component => {
    const from = origin.get(file.origin);
    addEdge(edges, ref, `qemu/${file.path}`);
    return {
      type: 'file',
      'bom-ref': `qemu/${file.path}`,
      name: file.path,
      licenses: licences(file.licence),
      hashes: [{ alg: 'SHA-256', content: file.sha256 }],
      ...(from === undefined
        ? {}
        : {
            version: from.version,
            externalReferences: [
              { type: 'distribution', url: from.url },
              { type: 'source-distribution', url: from.sources },
            ],
          }),
    };
  });
  const program: Component = {
    type: 'application',
    'bom-ref': ref,
    name: 'qemu',
    version: qemu.qemuVersion,
    licenses: licences('GPL-2.0-only'),
  };
  return [program, ...files];
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { places, out, epochSeconds } = releaseArguments(process.argv.slice(2), process.env);
    const text = sbom(await gather(places), epochSeconds);
    if (out === undefined) process.stdout.write(text);
    else writeFileSync(out, text);
  } catch (error) {
    fail(error);
  }
}
