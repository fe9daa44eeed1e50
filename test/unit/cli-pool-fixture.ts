import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { FakeCondorTools } from '../fakes/fake-condor-tools.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { useTimeZones } from '../fixtures/time-zone.ts';
import { memoryIo, type Ran, useFolder } from './cli-fixture.ts';

/** The pool of these tests, and how it is made. */
export const pool = 'pool.example.org';
export const now = Date.now();
export const initArgs = [
  ...['--pool', pool, '--name', 'Example Inc.', '--collector', '10.1.2.3', '--submit', '10.1.2.4:9700'],
  ...['--catalog-url', 'https://pool.example.org/gleaner/', '--core-hour', '0.5', '--unit', 'EUR'],
];

/** `gleaner …` with a folder of each test's own and fakes of HTCondor's tools before all others. */
export function usePoolCommands() {
  const home = useFolder();
  const setZone = useTimeZones();
  const dir = (): string => join(home(), 'catalog');
  let tools: FakeCondorTools | undefined;

  beforeEach(async () => {
    setZone('Europe/Berlin');
    tools = await FakeCondorTools.in(join(home(), 'bin'));
    vi.stubEnv('PATH', tools.path);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const run = async (...argv: readonly string[]): Promise<Ran> => {
    const io = { ...memoryIo(), now: () => now };
    let stdout = '';
    let stderr = '';
    io.out = (text) => {
      stdout += Buffer.from(text).toString();
      return Promise.resolve();
    };
    io.err = (text) => {
      stderr += text;
    };
    const paths = resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
    const code = await runProgram(argv, { io, paths, program: testProgram });
    return { code, stdout, stderr };
  };
  const json = async (...argv: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await run(...argv, '--json')).stdout) as Record<string, unknown>;
  const init = async (): Promise<Ran> => await run('pool', 'init', dir(), ...initArgs);
  return {
    home,
    dir,
    run,
    json,
    init,
    tools: (): FakeCondorTools => {
      if (!tools) throw new Error('there are no tools outside of a test');
      return tools;
    },
  };
}
