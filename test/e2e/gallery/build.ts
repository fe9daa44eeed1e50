import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';

/** Bundles the gallery into `dir` as a folder that Electron starts. */
export async function buildGallery(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: dir,
      ssr: path.join(import.meta.dirname, 'main.ts'),
      target: 'node20.18',
      rolldownOptions: { external: ['electron', 'dbus-next'], output: { entryFileNames: 'main.js' } },
    },
    // Everything but Electron and D-Bus is bundled, since the folder has no node_modules beside it.
    ssr: { noExternal: true },
  });
  writeFileSync(
    path.join(dir, 'package.json'),
    JSON.stringify({ name: 'gleaner-gallery', version: '0.0.0', type: 'module', main: 'main.js' }),
  );
}
