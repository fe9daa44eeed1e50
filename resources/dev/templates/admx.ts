import XMLBuilder from 'fast-xml-builder';
import { formatSetting } from '../../../electron/cli/setting-value.ts';
import { settingWords } from '../../../electron/contract/setting-words.ts';
import {
  presetValues,
  type SettingKey,
  settingKeys,
  settingsVersion,
} from '../../../electron/contract/settings.ts';
import { type Shape, shapeOf } from './shapes.ts';

/** As the registry has them, and as people read them. */
export const registryKinds = [
  ['Defaults', 'Defaults', 'What a person at the computer may change.'],
  [
    'Locked',
    'Locked',
    'What nobody at the computer can change. A locked profile that cannot be used keeps the computer from contributing.',
  ],
] as const;
type Kind = (typeof registryKinds)[number][0];

const schema = 'http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions';
/** Longest text of a registry value that the editor takes here. */
const longestText = 65_536;
const supported = 'SUPPORTED_Gleaner_0_1';
const profile = 'profile';

type Xml = Readonly<Record<string, unknown>>;

/** `Locked_inUse_share`: names have no dots. */
export const policyName = (kind: Kind, what: string): string => `${kind}_${what.replaceAll('.', '_')}`;
const elementId = (name: string): string => `${name}_value`;
const string = (id: string): string => `$(string.${id})`;

/** The policy definitions: `Gleaner.admx`. */
export function admx(): string {
  return document({
    policyDefinitions: {
      ...attributes({ xmlns: schema, revision: '1.0', schemaVersion: '1.0' }),
      policyNamespaces: { target: attributes({ prefix: 'gleaner', namespace: 'Gleaner.Policies.Gleaner' }) },
      resources: attributes({ minRequiredRevision: '1.0' }),
      supportedOn: {
        definitions: { definition: attributes({ name: supported, displayName: string(supported) }) },
      },
      categories: {
        category: [
          attributes({ name: 'Gleaner', displayName: string('Gleaner') }),
          ...registryKinds.map(([kind]) => ({
            ...attributes({ name: kind, displayName: string(kind), explainText: string(`${kind}_help`) }),
            parentCategory: attributes({ ref: 'Gleaner' }),
          })),
        ],
      },
      policies: {
        policy: registryKinds.flatMap(([kind]) => [
          profilePolicy(kind),
          ...settingKeys.map((key) => settingPolicy(kind, key)),
        ]),
      },
    },
  });
}

/** A table counts only with its version, so one policy stands for the profile itself. */
function profilePolicy(kind: Kind): Xml {
  const name = policyName(kind, profile);
  return {
    ...policyHead(kind, name),
    enabledList: {
      item: {
        ...attributes({ key: registryKey(kind), valueName: 'version' }),
        value: { decimal: attributes({ value: String(settingsVersion) }) },
      },
    },
    elements: {
      text: attributes({ id: elementId(name), valueName: 'organization', required: 'true', maxLength: '80' }),
    },
  };
}

function settingPolicy(kind: Kind, key: SettingKey): Xml {
  const name = policyName(kind, key);
  const shape = shapeOf(key);
  const head = policyHead(kind, name, shape.kind === 'switch' ? key : undefined);
  if (shape.kind === 'switch') {
    return {
      ...head,
      enabledValue: { decimal: attributes({ value: '1' }) },
      disabledValue: { decimal: attributes({ value: '0' }) },
    };
  }
  return { ...head, elements: element(shape, attributes({ id: elementId(name), valueName: key })) };
}

function element(shape: Exclude<Shape, { kind: 'switch' }>, head: Xml): Xml {
  switch (shape.kind) {
    case 'choice':
      return {
        enum: {
          ...head,
          ...attributes({ required: 'true' }),
          item: shape.options.map((option) => ({
            ...attributes({ displayName: string(`option_${option}`) }),
            value: { string: option },
          })),
        },
      };
    case 'whole': {
      const { least, most } = shape;
      const bounds = attributes({ required: 'true', minValue: String(least), maxValue: String(most) });
      return { decimal: { ...head, ...bounds } };
    }
    case 'lines':
      return { multiText: { ...head, ...attributes({ maxLength: String(longestText) }) } };
    case 'text':
      return { text: { ...head, ...attributes({ required: 'true', maxLength: String(longestText) }) } };
  }
}

function policyHead(kind: Kind, name: string, valueName?: string): Xml {
  return {
    ...attributes({
      name,
      class: 'Machine',
      displayName: string(name),
      explainText: string(`${name}_help`),
      key: registryKey(kind),
      ...(valueName === undefined ? { presentation: `$(presentation.${name})` } : { valueName }),
    }),
    parentCategory: attributes({ ref: kind }),
    supportedOn: attributes({ ref: supported }),
  };
}

const registryKey = (kind: Kind): string => String.raw`Software\Policies\Gleaner${'\\'}${kind}`;

/** Its words: `en-US/Gleaner.adml`. */
export function adml(): string {
  const strings: (readonly [string, string])[] = [
    ['Gleaner', 'Gleaner'],
    [supported, 'Gleaner 0.1 or later'],
    ...registryKinds.flatMap(([kind, title, help]) => [
      [kind, title] as const,
      [`${kind}_help`, help] as const,
    ]),
    ...[...new Set(settingKeys.flatMap(optionsOf))].map((option) => [`option_${option}`, option] as const),
    ...registryKinds.flatMap(([kind]) => [
      ...profileWords(kind),
      ...settingKeys.flatMap((key) => words(kind, key)),
    ]),
  ];
  return document({
    policyDefinitionResources: {
      ...attributes({ xmlns: schema, revision: '1.0', schemaVersion: '1.0' }),
      displayName: 'Gleaner',
      description: 'Settings of Gleaner for all people at a computer',
      resources: {
        stringTable: { string: strings.map(([id, text]) => ({ ...attributes({ id }), '#text': text })) },
        presentationTable: {
          presentation: registryKinds.flatMap(([kind]) => [
            {
              ...attributes({ id: policyName(kind, profile) }),
              textBox: labelled(elementId(policyName(kind, profile)), 'Name of your organization'),
            },
            ...settingKeys.flatMap((key) => presentation(kind, key)),
          ]),
        },
      },
    },
  });
}

function profileWords(kind: Kind): (readonly [string, string])[] {
  const name = policyName(kind, profile);
  const help =
    'Enable this as the first of them: without it the others are not a profile. ' +
    'People read the name of your organization beside each value that it sets.';
  return [
    [name, `Use these ${kind === 'Locked' ? 'locked settings' : 'defaults'}`],
    [`${name}_help`, help],
  ];
}

function words(kind: Kind, key: SettingKey): (readonly [string, string])[] {
  const { about, holds } = settingWords[key];
  const shape = shapeOf(key);
  const name = policyName(kind, key);
  const how =
    shape.kind === 'switch'
      ? 'Enabled is true, Disabled is false.'
      : `It may hold ${holds}.${shape.kind === 'lines' ? ' One on each line.' : ''}`;
  const builtIn = key === 'preset' ? 'balanced' : formatSetting(key, presetValues.balanced[key]);
  return [
    [name, `${key}: ${about}`],
    [`${name}_help`, `${about[0]?.toUpperCase() ?? ''}${about.slice(1)}.\n\n${how}\n\nBuilt in: ${builtIn}.`],
  ];
}

function presentation(kind: Kind, key: SettingKey): Xml[] {
  const shape = shapeOf(key);
  const name = policyName(kind, key);
  const id = elementId(name);
  if (shape.kind === 'switch') return [];
  const head = attributes({ id: name });
  switch (shape.kind) {
    case 'choice':
      return [{ ...head, dropdownList: { ...attributes({ refId: id, noSort: 'true' }), '#text': key } }];
    case 'whole':
      return [
        {
          ...head,
          decimalTextBox: {
            ...attributes({ refId: id, defaultValue: String(Math.max(shape.least, 1)) }),
            '#text': key,
          },
        },
      ];
    case 'lines':
      return [{ ...head, multiTextBox: { ...attributes({ refId: id }), '#text': key } }];
    case 'text':
      return [{ ...head, textBox: labelled(id, key) }];
  }
}

const labelled = (refId: string, label: string): Xml => ({ ...attributes({ refId }), label });

function optionsOf(key: SettingKey): readonly string[] {
  const shape = shapeOf(key);
  return shape.kind === 'choice' ? shape.options : [];
}

function attributes(values: Readonly<Record<string, string>>): Xml {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`@${name}`, value]));
}

function document(root: Xml): string {
  const builder = new XMLBuilder({
    attributeNamePrefix: '@',
    ignoreAttributes: false,
    format: true,
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
  });
  return `<?xml version="1.0" encoding="utf-8"?>\n${builder.build(root)}`;
}
