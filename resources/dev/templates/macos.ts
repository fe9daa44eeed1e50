import { build } from 'plist';
import { settingWords } from '../../../electron/contract/setting-words.ts';
import {
  type SettingKey,
  type SettingsDocument,
  settingKeys,
  settingsVersion,
} from '../../../electron/contract/settings.ts';
import { flatTable, schemaOf, shapeOf } from './shapes.ts';

type Kind = 'defaults' | 'locked';

/** Where Gleaner reads it on macOS. */
export const domainOf = (kind: Kind): string => `org.gleaner.Gleaner.profile.${kind}`;

/** Never change: a server takes a profile of the same identifier for a new version of the old one. */
const uuids = {
  profile: '6E0C2B0B-5C3C-4B52-9C0B-6B1C0B9C7F10',
  defaults: '1F1B3B52-3F0B-4C56-8F0E-0C1E5B6F2A41',
  locked: 'A0A7C1D4-6A0F-4E58-9E9B-3D5C9B1E7C92',
} as const;

/** One of the two property lists, as it lies in /Library/Managed Preferences. */
export function propertyList(document: SettingsDocument): string {
  return `${build(flatTable(document) as Parameters<typeof build>[0])}\n`;
}

/** A configuration profile for an MDM server, with both documents. */
export function mobileConfig(documents: Readonly<Record<Kind, SettingsDocument>>): string {
  const payload = (kind: Kind): object => ({
    PayloadType: 'com.apple.ManagedClient.preferences',
    PayloadVersion: 1,
    PayloadIdentifier: `org.gleaner.Gleaner.managed.${kind}`,
    PayloadUUID: uuids[kind],
    PayloadDisplayName: `Gleaner: ${kind}`,
    PayloadEnabled: true,
    PayloadContent: {
      [domainOf(kind)]: { Forced: [{ mcx_preference_settings: flatTable(documents[kind]) }] },
    },
  });
  const profile = {
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: 'org.gleaner.Gleaner.managed',
    PayloadUUID: uuids.profile,
    PayloadDisplayName: 'Gleaner',
    PayloadDescription: 'Settings of Gleaner for everybody at this computer.',
    PayloadOrganization: documents.locked.organization ?? '',
    PayloadScope: 'System',
    PayloadRemovalDisallowed: true,
    PayloadContent: [payload('defaults'), payload('locked')],
  };
  return `${build(profile as Parameters<typeof build>[0])}\n`;
}

/** A custom schema for Jamf Pro's form of one of the two domains. */
export function jamfSchema(kind: Kind): string {
  const properties = {
    version: {
      title: 'version',
      description: 'The version of this form. Leave it as it is.',
      property_order: 1,
      type: 'integer',
      default: settingsVersion,
      enum: [settingsVersion],
    },
    organization: {
      title: 'organization',
      description: 'Who set it; people read it beside each value.',
      property_order: 2,
      type: 'string',
    },
    ...Object.fromEntries(
      settingKeys.map((key, index) => [
        key,
        {
          title: key,
          description: `${settingWords[key].about}. It may hold ${settingWords[key].holds}.`,
          property_order: index + 3,
          ...fieldOf(key),
        },
      ]),
    ),
  };
  const schema = {
    title: `Gleaner: ${kind} (${domainOf(kind)})`,
    description:
      kind === 'locked'
        ? 'What nobody at the computer can change.'
        : 'What a person at the computer may change.',
    properties,
    required: ['version'],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A form has no null: where that is possible, the field is text. */
function fieldOf(key: SettingKey): object {
  const shape = shapeOf(key);
  switch (shape.kind) {
    case 'switch':
      return { type: 'boolean' };
    case 'choice':
      return { type: 'string', enum: shape.options };
    case 'whole':
      return { type: 'integer', minimum: shape.least, maximum: shape.most };
    case 'lines':
      return { type: 'array', items: { type: 'string', title: 'One' } };
    case 'text': {
      const { type, minimum, maximum, items } = schemaOf(key);
      if (type === 'array') return { type, items };
      return type === 'number' || type === 'integer' ? { type, minimum, maximum } : { type: 'string' };
    }
  }
}
