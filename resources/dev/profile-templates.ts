// Writes everything in docs/profiles but the schema, for the tools by which administrators set policies:
// `node resources/dev/profile-templates.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { adml, admx } from './templates/admx.ts';
import { ansiblePlay, intunePage, jsonExample, sample } from './templates/examples.ts';
import { domainOf, jamfSchema, mobileConfig, propertyList } from './templates/macos.ts';

export const templatesDir = fileURLToPath(new URL('../../docs/profiles/', import.meta.url));

const kinds = ['defaults', 'locked'] as const;

/** Every file by its path below {@link templatesDir}. */
export function profileTemplates(): ReadonlyMap<string, string> {
  return new Map([
    ...kinds.map((kind) => [`linux/${kind}.json`, jsonExample(kind)] as const),
    ['linux/ansible.yml', ansiblePlay()],
    ...kinds.map((kind) => [`macos/${domainOf(kind)}.plist`, propertyList(sample[kind])] as const),
    ['macos/Gleaner.mobileconfig', mobileConfig(sample)],
    ...kinds.map((kind) => [`macos/jamf-${kind}.json`, jamfSchema(kind)] as const),
    ['windows/Gleaner.admx', admx()],
    ['windows/en-US/Gleaner.adml', adml()],
    ['windows/intune.md', intunePage()],
  ]);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [name, text] of profileTemplates()) {
    const filePath = path.join(templatesDir, name);
    mkdirSync(path.dirname(filePath), { recursive: true });
    writeFileSync(filePath, text);
  }
}
