// @ts-check
// What `electron DIR` runs in a build that came without its own default app: finds the folder among the arguments,
// gives the app its name and paths, and loads it. An ES module that awaits the app's import at its top level, because
// Electron holds back `ready` until then. `-r FILE` is for drivers that load a script before the app.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

/** @type {string[]} */
const preloads = [];
/** @type {string | undefined} */
let folder;
const words = process.argv.slice(1);
for (let word = words.shift(); word !== undefined && folder === undefined; word = words.shift()) {
  if (word === '-r' || word === '--require') preloads.push(words.shift() ?? '');
  else if (!word.startsWith('-')) folder = path.resolve(word);
}

if (folder === undefined) {
  console.error('Which application? Give its folder: electron DIR');
  app.exit(1);
} else {
  const require = createRequire(import.meta.url);
  for (const file of preloads) require(path.resolve(file));

  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  // Setters that Electron keeps for its own default app: not in its types.
  const internal = /** @type {any} */ (app);
  /** @type {any} */ (process).defaultApp = true;
  internal.setVersion(manifest.version ?? '0.0.0');
  internal.setName(manifest.productName ?? manifest.name);
  internal.setDesktopName(manifest.desktopName ?? `${app.getName()}.desktop`);
  internal.setAppPath(folder);
  app.setPath('userData', path.join(app.getPath('appData'), app.getName()));
  await import(pathToFileURL(path.join(folder, manifest.main ?? 'index.js')).href);
}
