import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const at = (path: string): string => resolve(import.meta.dirname, path);

export default defineConfig({
  main: {
    build: {
      target: 'node20.18',
      outDir: 'out/main',
      minify: false,
      // Loads optional modules of its own at run time, which a bundler cannot follow.
      externalizeDeps: { include: ['dbus-next', 'x11'], exclude: ['zod'] },
      rolldownOptions: {
        // The workers are entries of their own: each runs in a process of its own.
        input: {
          main: at('electron/main.ts'),
          // The command line of packages, which runs without Electron.
          cli: at('electron/packaged-cli.ts'),
          session: at('electron/vm/session/child.ts'),
          judge: at('electron/grid/local/judge-child.ts'),
          boinc: at('electron/grid/boinc/child.ts'),
          condor: at('electron/grid/condor/child.ts'),
          egress: at('electron/egress/child.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node20.18',
      outDir: 'out/preload',
      minify: false,
      rolldownOptions: {
        input: { preload: at('electron/preload.ts') },
        // A sandboxed preload is one CommonJS file that can require nothing but electron.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [react()],
    // Absolute from app://gleaner/, whatever the page's path.
    base: '/',
    build: {
      target: 'chrome130',
      outDir: at('out/renderer'),
      emptyOutDir: true,
      // The Content-Security-Policy refuses data: addresses and inline code.
      minify: true,
      assetsInlineLimit: 0,
      // One sheet, so that the cascade does not depend on which page was opened first.
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: at('renderer/index.html') },
    },
  },
});
