import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { parse as parsePlistText } from 'plist';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import {
  presetValues,
  type SettingKey,
  type SettingsDocument,
  type SettingsLayer,
  settingKeys,
  settingsVersion,
} from '../../electron/contract/settings.ts';
import { checkProfile } from '../../electron/settings/profiles/check.ts';
import { documentFromFlat } from '../../electron/settings/profiles/flat.ts';
import { parsePlist } from '../../electron/settings/profiles/macos.ts';
import { parseRegQuery } from '../../electron/settings/profiles/windows.ts';
import { profileTemplates, templatesDir } from '../../resources/dev/profile-templates.ts';
import { policyName } from '../../resources/dev/templates/admx.ts';
import { intuneValue, lineOf, sample } from '../../resources/dev/templates/examples.ts';
import { mobileConfig, propertyList } from '../../resources/dev/templates/macos.ts';
import { flatTable, shapeOf } from '../../resources/dev/templates/shapes.ts';

const templates = profileTemplates();
const textOf = (name: string): string => templates.get(name) ?? '';

/** Values that differ from the built-in ones, of every kind that there is. */
const odd: SettingsLayer = {
  preset: 'generous',
  contribute: false,
  'inUse.share': 0.125,
  'pauseOn.programs': ['a program', 'b'],
  'pauseOn.load': null,
  'network.quotaDayBytes': 2 ** 40,
  'network.proxy': 'http://proxy.example.org:3128',
  'network.authorities': '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----',
  'grids.permitted': ['https://boinc.example.org/a/', 'condor:pool.example.org'],
  'grids.boinc': [
    {
      url: 'https://boinc.example.org/a/',
      key: 'k'.repeat(32),
      share: 50,
      contacts: [{ host: 'data.example.org', port: 443, private: false }],
    },
  ],
  'grids.pools': [{ enrolment: '/etc/gleaner/pool.json', share: 3 }],
  'schedule.windows': [
    { days: ['mon', 'wed'], from: '22:00', to: '06:00' },
    { days: ['sat'], from: '00:00', to: '24:00' },
  ],
  'schedule.timeZone': 'Europe/Berlin',
  'vm.vcpus': 3,
};
const documents: readonly SettingsDocument[] = [
  sample.defaults,
  sample.locked,
  ...Object.values(presetValues).map((settings) => ({ version: settingsVersion, settings }) as const),
  { version: settingsVersion, organization: 'Ümlaut & <Söhne>', settings: odd },
];

/** What a policy leaves in the registry, as `reg query` prints it. */
function registryLine(name: string, value: unknown): string {
  const line = (type: string, data: string): string => `    ${name}    ${type}    ${data}`;
  if (typeof value === 'boolean') return line('REG_DWORD', value ? '0x1' : '0x0');
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return line('REG_MULTI_SZ', value.join(String.raw`\0`));
  const key = settingKeys.find((known) => known === name);
  const isWord = name === 'version' || (key !== undefined && shapeOf(key).kind === 'whole');
  return isWord ? line('REG_DWORD', `0x${Number(value).toString(16)}`) : line('REG_SZ', lineOf(value));
}

test('the files are as the contract has it: else run "node resources/dev/profile-templates.ts"', async () => {
  // JSON is formatted like all of the project's.
  const content = (name: string, text: string): unknown => (name.endsWith('.json') ? JSON.parse(text) : text);
  for (const [name, text] of templates) {
    const written = await readFile(join(templatesDir, name), 'utf8');
    expect(content(name, written), name).toEqual(content(name, text));
  }
});

test('every example can be used, and is worth no warning', () => {
  for (const kind of ['defaults', 'locked'] as const) {
    expect(checkProfile(JSON.parse(textOf(`linux/${kind}.json`)), kind)).toMatchObject({
      document: { settings: sample[kind].settings },
      findings: [],
    });
  }
});

test('what Ansible reads out of the play is the example, times and all', () => {
  const [play] = parseYaml(textOf('linux/ansible.yml'), { version: '1.1' }) as [
    { vars: Record<string, unknown> },
  ];
  expect(play.vars).toEqual({ gleaner_defaults: sample.defaults, gleaner_locked: sample.locked });
});

describe('a property list', () => {
  test.each(documents.map((document, at) => [at, document] as const))(
    'says all of document %i',
    async (_, document) => {
      const table = await parsePlist(Buffer.from(propertyList(document)));
      expect(documentFromFlat(table ?? new Map())).toEqual(document);
    },
  );

  test('is what a configuration profile forces, for each of the two domains', () => {
    const profile = parsePlistText(mobileConfig(sample)) as unknown as {
      PayloadContent: { PayloadUUID: string; PayloadContent: Record<string, { Forced: object[] }> }[];
    };
    expect(profile.PayloadContent.map(({ PayloadContent }) => PayloadContent)).toEqual(
      (['defaults', 'locked'] as const).map((kind) => ({
        [`org.gleaner.Gleaner.profile.${kind}`]: {
          Forced: [{ mcx_preference_settings: flatTable(sample[kind]) }],
        },
      })),
    );
    const uuids = profile.PayloadContent.map(({ PayloadUUID }) => PayloadUUID);
    expect(new Set(uuids).size).toBe(2);
  });

  test('has a form at Jamf with a field for each setting', () => {
    const { properties } = JSON.parse(textOf('macos/jamf-locked.json')) as {
      properties: Record<string, { type: string }>;
    };
    expect(Object.keys(properties)).toEqual(['version', 'organization', ...settingKeys]);
    expect(properties['inUse.share']).toMatchObject({ type: 'number', minimum: 0, maximum: 1 });
    expect(properties['pauseOn.load']).toMatchObject({ type: 'string' });
    expect(properties['grids.pools']).toMatchObject({ type: 'array', items: { type: 'object' } });
  });
});

describe('the registry', () => {
  test.each(documents.map((document, at) => [at, document] as const))(
    'says all of document %i by the policies',
    (_, document) => {
      const lines = Object.entries(flatTable(document)).map(([name, value]) => registryLine(name, value));
      const table = parseRegQuery(
        [String.raw`HKEY_LOCAL_MACHINE\Software\Policies\Gleaner\Locked`, ...lines].join('\r\n'),
      );
      expect(typeof table === 'string' ? table : documentFromFlat(table)).toEqual(document);
    },
  );

  interface Policy {
    readonly '@name': string;
    readonly '@key': string;
    readonly '@valueName'?: string;
    readonly '@presentation'?: string;
    readonly elements?: Record<
      string,
      { '@id': string; '@valueName': string; item?: { value: { string: string } }[] }
    >;
    readonly enabledList?: { item: { '@valueName': string; value: { decimal: { '@value': string } } } };
  }
  const parser = new XMLParser({
    attributeNamePrefix: '@',
    ignoreAttributes: false,
    isArray: (name) => name === 'policy',
  });
  const definitions = parser.parse(textOf('windows/Gleaner.admx')) as {
    policyDefinitions: { policies: { policy: Policy[] } };
  };
  const { policy: policies } = definitions.policyDefinitions.policies;

  test('has a policy for each setting and kind, and one that makes them a profile', () => {
    const expected = ['Defaults', 'Locked'].flatMap((kind) =>
      ['profile', ...settingKeys].map((what) => [
        policyName(kind as 'Locked', what),
        String.raw`Software\Policies\Gleaner` + `\\${kind}`,
      ]),
    );
    expect(policies.map((policy) => [policy['@name'], policy['@key']])).toEqual(expected);
    const written = policies.map(
      (policy) => policy['@valueName'] ?? Object.values(policy.elements ?? {})[0]?.['@valueName'],
    );
    expect(written).toEqual([...['organization', ...settingKeys], ...['organization', ...settingKeys]]);
    expect(policies[0]?.enabledList?.item).toMatchObject({
      '@valueName': 'version',
      value: { decimal: { '@value': String(settingsVersion) } },
    });
  });

  test('has no policy without words and a field, and no words for none', () => {
    const source = textOf('windows/Gleaner.admx');
    const words = textOf('windows/en-US/Gleaner.adml');
    for (const [reference, tag] of [
      ['string', 'string'],
      ['presentation', 'presentation'],
    ] as const) {
      const used = [...source.matchAll(new RegExp(`\\$\\(${reference}\\.(\\w+)\\)`, 'g'))].map(
        ([, id]) => id,
      );
      const told = [...words.matchAll(new RegExp(`<${tag} id="(\\w+)"`, 'g'))].map(([, id]) => id);
      expect([...new Set(used)].sort()).toEqual([...told].sort());
    }
    const fields = [...words.matchAll(/refId="(\w+)"/g)].map(([, id]) => id);
    const elements = [...source.matchAll(/ id="(\w+)"/g)].map(([, id]) => id);
    expect(fields.sort()).toEqual(elements.sort());
  });

  test('is given by Intune what the policy writes', () => {
    expect(intuneValue('Locked', 'pauseOn.call', false)).toBe('<disabled/>');
    expect(intuneValue('Locked', 'network.proxy', 'a"&<')).toBe(
      '<enabled/><data id="Locked_network_proxy_value" value="a&quot;&amp;&lt;"/>',
    );
    expect(intuneValue('Locked', 'schedule.windows', ['sat 00:00-24:00', 'sun 00:00-24:00'])).toContain(
      'value="sat 00:00-24:00&#xF000;sun 00:00-24:00"',
    );
  });
});

test.each<[SettingKey, object]>([
  ['contribute', { kind: 'switch' }],
  ['preset', { kind: 'choice', options: ['gentle', 'balanced', 'generous'] }],
  ['idle.afterSeconds', { kind: 'whole', least: 2, most: 366 * 86_400 }],
  ['vm.memoryBytes', { kind: 'text' }],
  ['vm.vcpus', { kind: 'text' }],
  ['grids.permitted', { kind: 'lines' }],
  ['schedule.windows', { kind: 'lines' }],
  ['grids.boinc', { kind: 'text' }],
  ['inUse.share', { kind: 'text' }],
])('the editor’s field for %s', (key, shape) => {
  expect(shapeOf(key)).toEqual(shape);
});
