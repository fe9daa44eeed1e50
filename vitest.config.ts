import { defineConfig } from 'vitest/config';
import { noonZone } from './test/fixtures/noon.ts';

/**
 * A lane of tests that boot VMs or wait for peers. Boots under TCG take seconds, a project's whole life minutes: the limits
 * only end a hung run, they judge no speed.
 */
const patient = (name: string, include: string[], globalSetup: string[] = []) => ({
  test: {
    name,
    include,
    environment: 'node' as const,
    // What is counted by the day is asked about at the end of tests that take minutes.
    env: { TZ: noonZone(new Date()) },
    globalSetup,
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    maxWorkers: 1,
  },
});

/** Of `expect.poll`: its own second would judge a computer's speed. */
const expectation = { poll: { timeout: 100_000 } };

const privateNet = ['test/fixtures/private-net-setup.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          environment: 'node',
          maxWorkers: 2,
          // Some say something of thousands of inputs: this, too, only ends a hung run.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: expectation,
        },
      },
      patient('vm', ['test/vm/**/*.test.ts']),
      patient('grid', ['test/grid/**/*.test.ts'], privateNet),
      patient('boinc', ['test/boinc/**/*.test.ts'], privateNet),
      // Real pools of HTCondor, and computers that work for one in real VMs.
      patient('condor', ['test/condor/pool*.test.ts', 'test/condor/readme.test.ts'], privateNet),
      patient('hosts', ['test/condor/host*.test.ts'], privateNet),
      // Packages, on computers of their own.
      patient('install', ['test/install/**/*.test.ts']),
      // What the tests of the lane `grid` stand on: run by hand when it changes.
      patient('stand-in', ['test/stand-in/**/*.test.ts'], privateNet),
    ],
  },
});
