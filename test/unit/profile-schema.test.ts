import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { settingKeys } from '../../electron/contract/settings.ts';
import { profileSchema, profileSchemaPath } from '../../resources/dev/profile-schema.ts';

interface Schema {
  readonly properties: {
    readonly settings: { readonly properties: Record<string, { description?: string }> };
  };
  readonly additionalProperties: boolean;
}
const read = async (): Promise<Schema> => JSON.parse(await readFile(profileSchemaPath, 'utf8')) as Schema;

test('the schema is as the contract has it: else run "node resources/dev/profile-schema.ts"', async () => {
  expect(await read()).toEqual(JSON.parse(profileSchema()));
});

test('it names every setting, each in words, and nothing else', async () => {
  const { properties, additionalProperties } = await read();
  const named = properties.settings.properties;
  expect(Object.keys(named)).toEqual(settingKeys);
  expect(Object.values(named).every(({ description = '' }) => description.length > 20)).toBe(true);
  expect(additionalProperties).toBe(false);
});
