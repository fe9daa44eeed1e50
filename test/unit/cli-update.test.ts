import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { plainUpdate, type UpdateView } from '../../electron/contract/update.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { FakeHost, fakeNow, fakeSnapshot } from '../fakes/fake-host.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, type Ran, useFolder } from './cli-fixture.ts';

const home = useFolder();
const paths = () => resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
let host: FakeHost;
let close: () => Promise<void>;

beforeEach(async () => {
  host = new FakeHost();
  const server = await serveSocket({ api: host, paths: paths(), log: silentLog });
  close = async () => {
    await server.dispose();
  };
});
afterEach(async () => {
  await close();
});

const run = async (update: UpdateView, ...argv: readonly string[]): Promise<Ran> => {
  host.emit(fakeSnapshot({ update }));
  const io = memoryIo();
  const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
  return { code, stdout: io.stdout, stderr: io.stderr };
};

describe('gleaner update', () => {
  it.each<[UpdateView, RegExp]>([
    [plainUpdate('off', 'package'), /off\. Gleaner was installed as a package/],
    [plainUpdate('idle'), /no newer version is known\./],
    [plainUpdate('checking'), /looking/],
    [{ ...plainUpdate('downloading'), version: '1.3.0', progress: 0.5 }, /downloading 1\.3\.0, 50 ?%/],
    [{ ...plainUpdate('ready'), version: '1.3.0' }, /1\.3\.0 is here: "gleaner update install"/],
    [{ ...plainUpdate('waiting', 'pool-jobs'), version: '1.3.0' }, /1\.3\.0 waits\. A company pool/],
    [{ ...plainUpdate('installing'), version: '1.3.0' }, /changing to 1\.3\.0/],
  ])('says how it stands: %j', async (view, words) => {
    const { code, stdout } = await run(view, 'update');
    expect(stdout).toMatch(words);
    expect(stdout).toMatch(/Running\s+\S+/);
    expect(code).toBe(0);
  });

  it('answers with one value', async () => {
    const { stdout } = await run({ ...plainUpdate('idle'), checkedAt: fakeNow }, 'update', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'idle',
      checkedAt: fakeNow,
      current: fakeSnapshot().version,
    });
  });

  it('asks, consents and takes back', async () => {
    const failure = { code: 'update-refused', sentence: 'No.\u001b[31m', hint: 'Look.' } as const;
    const failed = await run({ ...plainUpdate('failed'), failure }, 'update', 'check');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/update-refused: No\./);
    expect(failed.stdout).not.toContain('\u001b');
    await run(plainUpdate('idle'), 'update', 'install');
    await run(plainUpdate('idle'), 'update', 'install', '--hand-back');
    await run(plainUpdate('idle'), 'update', 'cancel');
    expect(host.asked.filter(({ name }) => name.startsWith('update.'))).toEqual([
      { name: 'update.check', input: {} },
      { name: 'update.install', input: { handBack: false } },
      { name: 'update.install', input: { handBack: true } },
      { name: 'update.cancel', input: {} },
    ]);
  });
});
