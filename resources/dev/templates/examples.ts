import { stringify } from 'yaml';
import { type SettingsDocument, settingKeys, settingsVersion } from '../../../electron/contract/settings.ts';
import { policyName, type registryKinds } from './admx.ts';
import { flatTable } from './shapes.ts';

/** An estate whose desktops work for the company's pool by night, and for nobody else. */
export const sample: Readonly<Record<'defaults' | 'locked', SettingsDocument>> = {
  defaults: {
    version: settingsVersion,
    organization: 'ACME',
    settings: {
      preset: 'gentle',
      'ui.startAtLogin': true,
      'grids.pools': [{ enrolment: '/etc/gleaner/pool.json', share: 100 }],
      'energy.pricePerKwh': 0.21,
      'energy.currency': 'EUR',
    },
  },
  locked: {
    version: settingsVersion,
    organization: 'ACME',
    settings: {
      'pauseOn.call': true,
      'pauseOn.programs': ['blender', 'zoom'],
      'pauseOn.diskFreeBelowBytes': 10 * 1024 ** 3,
      'battery.aboveCharge': null,
      'network.metered': false,
      'grids.permitted': ['condor:pool.acme.example'],
      'schedule.windows': [
        { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '19:00', to: '07:00' },
        { days: ['sat', 'sun'], from: '00:00', to: '24:00' },
      ],
      'ladder.saveAfterSeconds': 600,
      'vm.allowReducedIsolation': false,
    },
  },
};

export function jsonExample(kind: 'defaults' | 'locked'): string {
  return `${JSON.stringify({ $schema: '../gleaner-profile.schema.json', ...sample[kind] }, null, 2)}\n`;
}

/** As Ansible reads it: in YAML 1.1 a time without quotes is a number. */
const yamlOptions = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/** A play that checks both documents where it is started, and puts them on all Linux computers. */
export function ansiblePlay(): string {
  const kinds = ['defaults', 'locked'] as const;
  const copied = {
    owner: 'root',
    group: 'root',
    mode: '0644',
    dest: '/etc/gleaner/{{ item }}.json',
    content: "{{ lookup('vars', 'gleaner_' ~ item) | to_nice_json }}\n",
  };
  const play = {
    name: 'Profiles of Gleaner',
    hosts: 'desktops',
    become: true,
    vars: Object.fromEntries(kinds.map((kind) => [`gleaner_${kind}`, sample[kind]])),
    tasks: [
      {
        name: 'Check both before any computer gets them',
        'ansible.builtin.command': {
          argv: ['gleaner', 'policy', 'check', '-', '--as', '{{ item }}'],
          stdin: "{{ lookup('vars', 'gleaner_' ~ item) | to_json }}",
        },
        loop: kinds,
        delegate_to: 'localhost',
        become: false,
        run_once: true,
        changed_when: false,
      },
      {
        name: 'A folder that only an administrator can write',
        'ansible.builtin.file': {
          path: '/etc/gleaner',
          state: 'directory',
          owner: 'root',
          group: 'root',
          mode: '0755',
        },
      },
      { name: 'Both documents, in force within 2 seconds', 'ansible.builtin.copy': copied, loop: kinds },
    ],
  };
  return `# Written by resources/dev/profile-templates.ts. Put in your own values; "gleaner policy check" tells whether they can be used.\n${stringify([play], yamlOptions)}`;
}

type RegistryKind = (typeof registryKinds)[number][0];

/** What Intune is given for one policy of the ingested ADMX. */
export function intuneValue(kind: RegistryKind, what: string, value: unknown): string {
  const data = (text: string): string =>
    `<enabled/><data id="${policyName(kind, what)}_value" value="${escaped(text)}"/>`;
  if (typeof value === 'boolean') return value ? '<enabled/>' : '<disabled/>';
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return data(value.join('\uF000'));
  return data(lineOf(value));
}

/** A value as a field of one line holds it. */
export function lineOf(value: unknown): string {
  return typeof value === 'string' && !value.includes('\n') ? value : JSON.stringify(value);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\uF000', '&#xF000;');
}

/** How the same documents are set with Intune. */
export function intunePage(): string {
  const rows = (
    [
      ['Defaults', sample.defaults],
      ['Locked', sample.locked],
    ] as const
  ).flatMap(([kind, document]) => {
    const table = flatTable(document);
    const windows = {
      ...table,
      'grids.pools': [{ enrolment: String.raw`C:\ProgramData\Gleaner\pool.json`, share: 100 }],
    };
    const named = settingKeys.filter((key) => key in table);
    return [
      [kind, 'profile', document.organization ?? ''] as const,
      ...named.map((key) => [kind, key, windows[key as keyof typeof windows]] as const),
    ].map(
      ([of, what, value]) =>
        `| \`Gleaner~Policy~Gleaner~${of}/${policyName(of, what)}\` | \`${intuneValue(of, what, value).replaceAll('|', '\\|')}\` |`,
    );
  });
  return `<!-- Written by resources/dev/profile-templates.ts out of the contract; a test holds it to that. -->

# Gleaner's profiles by Intune

1. A custom configuration profile for Windows ingests [Gleaner.admx](Gleaner.admx): OMA-URI
   \`./Device/Vendor/MSFT/Policy/ConfigOperations/ADMXInstall/Gleaner/Policy/Gleaner\`, data type *String*, value: the file's text.
2. Each policy is one more row: OMA-URI \`./Device/Vendor/MSFT/Policy/Config/\` and what follows here, data type *String*.
   \`Defaults_profile\` and \`Locked_profile\` come with every other policy of theirs: they make a profile of them. Lists have
   \`&#xF000;\` between their lines.

| after \`./Device/Vendor/MSFT/Policy/Config/\` | value |
| --- | --- |
${rows.join('\n')}

What each may hold is in [settings.md](../../settings.md). The same by group policy: \`Gleaner.admx\` and \`en-US\\Gleaner.adml\` into the
central store. This was written as data and checked against what Gleaner reads; no Intune and no Windows has seen it yet.
`;
}
