import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'], environment: 'node' } },
      {
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          environment: 'node',
          // Boots under TCG take seconds; the limits only end a hung run, they judge no speed.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          name: 'grid',
          include: ['test/grid/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/fixtures/private-net-setup.ts'],
          // As above; some of them boot VMs.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          // A project's whole life, in minutes of a VM's.
          name: 'boinc',
          include: ['test/boinc/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/fixtures/private-net-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          // Real pools of HTCondor, and their patience.
          name: 'condor',
          include: ['test/condor/pool*.test.ts', 'test/condor/readme.test.ts'],
          environment: 'node',
          globalSetup: ['test/fixtures/private-net-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          // Computers that work for such a pool in real VMs.
          name: 'hosts',
          include: ['test/condor/host*.test.ts'],
          environment: 'node',
          globalSetup: ['test/fixtures/private-net-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
      {
        test: {
          // What the tests of the lane `grid` stand on: run by hand when it changes.
          name: 'stand-in',
          include: ['test/stand-in/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/fixtures/private-net-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
    ],
  },
});
