import { defineConfig } from '@playwright/test';
import { noonZone } from './test/fixtures/noon.ts';

// The app, and whoever reads this again for a worker, inherits it.
process.env['TZ'] ??= noonZone(new Date());

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  globalSetup: './test/e2e/support/display.ts',
  // One app at a time: they share the screen, the session bus and few cores.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  // A real VM boots and computes in emulation; the limits only end a hung run, they judge no speed.
  timeout: 900_000,
  expect: { timeout: 600_000 },
  reporter: [['list']],
  projects: [
    // The rest is what `user` runs.
    { name: 'app', testMatch: '**/*.e2e.ts', grepInvert: /@user/ },
    // In a network of its own, with a stand-in for a project's server.
    { name: 'grid', testDir: 'test/grid-e2e', testMatch: '**/*.e2e.ts' },
    // What an ordinary user's app must do with Chromium's sandbox on.
    { name: 'user', testMatch: '**/*.e2e.ts', grep: /@user/ },
  ],
});
