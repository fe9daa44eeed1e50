// Writes the JSON Schema of an organization's profiles out of the contract: `node resources/dev/profile-schema.ts`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { settingWords } from '../../electron/contract/setting-words.ts';
import { SettingKey, SettingsDocument } from '../../electron/contract/settings.ts';

export const profileSchemaPath = fileURLToPath(
  new URL('../../docs/profiles/gleaner-profile.schema.json', import.meta.url),
);

/** The whole file. What only Gleaner itself can check, such as time zones, is left open by it. */
export function profileSchema(): string {
  const schema = z.toJSONSchema(SettingsDocument, {
    io: 'input',
    override: ({ jsonSchema, path: at }) => {
      const [outer, settings, properties, name, ...below] = at;
      const isSetting = outer === 'properties' && settings === 'settings' && properties === 'properties';
      const key = isSetting && below.length === 0 ? SettingKey.safeParse(name).data : undefined;
      if (key !== undefined)
        jsonSchema.description = `${settingWords[key].about}; ${settingWords[key].holds}`;
    },
  });
  const { $schema, ...rest } = schema;
  const title = 'A settings document of Gleaner: defaults.json, locked.json, settings.json';
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(profileSchemaPath, profileSchema());
}
