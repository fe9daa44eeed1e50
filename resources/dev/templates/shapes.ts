import { z } from 'zod';
import { formatSchedule } from '../../../electron/contract/setting-text.ts';
import {
  type SettingKey,
  type Settings,
  type SettingsDocument,
  settingKeys,
  settingTypes,
} from '../../../electron/contract/settings.ts';

/** How an editor of policies lets a setting be written. */
export type Shape =
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  /** Fits into 32 bits. */
  | { readonly kind: 'whole'; readonly least: number; readonly most: number }
  /** A list of texts, a line for each. */
  | { readonly kind: 'lines' }
  /** Whatever such editors have no field for: fractions, null, lists of objects, as JSON. */
  | { readonly kind: 'text' };

const largestWord = 0xffff_ffff;

/** The JSON Schema of one setting. */
export function schemaOf(key: SettingKey): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(settingTypes[key], { io: 'input' });
}

export function shapeOf(key: SettingKey): Shape {
  if (key === 'schedule.windows') return { kind: 'lines' };
  const schema = schemaOf(key);
  const inner = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  const isNullable = inner !== schema;
  if (inner.type === 'array' && isText(inner.items)) return { kind: 'lines' };
  if (isNullable) return { kind: 'text' };
  if (inner.type === 'boolean') return { kind: 'switch' };
  if (inner.enum !== undefined) return { kind: 'choice', options: inner.enum.map(String) };
  const { type, minimum: least = 0, maximum: most = Number.POSITIVE_INFINITY } = inner;
  if (type === 'integer' && least >= 0 && most <= largestWord) return { kind: 'whole', least, most };
  return { kind: 'text' };
}

function isText(items: z.core.JSONSchema.BaseSchema['items']): boolean {
  return typeof items === 'object' && !Array.isArray(items) && items.type === 'string';
}

/**
 * The reverse of `documentFromFlat`: version, organization and the settings by their dotted keys, in what a property list
 * can hold. Schedules in their short form, null as text.
 */
export function flatTable({ version, organization, settings }: SettingsDocument): Record<string, unknown> {
  const entries = settingKeys
    .filter((key) => settings[key] !== undefined)
    .map((key) => [key, flat(key, settings[key])] as const);
  return {
    version,
    ...(organization === undefined ? {} : { organization }),
    ...Object.fromEntries(entries),
  };
}

function flat(key: SettingKey, value: unknown): unknown {
  if (value === null) return 'null';
  if (key !== 'schedule.windows') return value;
  return (value as Settings['schedule.windows']).map((window) => formatSchedule([window]));
}
