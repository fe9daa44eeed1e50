import { afterEach, beforeEach } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { type Paths, resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { type GalleryGrids, volunteerGrids } from '../fixtures/grids.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, type Ran, useFolder } from './cli-fixture.ts';

export interface Commanded extends Ran {
  readonly questions: readonly string[];
}

/** The command against a fake host that runs, with what a volunteer has joined. */
export function useCommand(grids: (now: number) => GalleryGrids = volunteerGrids) {
  const home = useFolder();
  const paths = (): Paths =>
    resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
  let host = new FakeHost();
  let close: () => Promise<void>;
  beforeEach(async () => {
    host = new FakeHost();
    const { details, manager } = grids(0);
    host.grids.load(details, manager);
    host.emitGrids();
    const server = await serveSocket({ api: host, paths: paths(), log: silentLog });
    close = async () => {
      await server.dispose();
    };
  });
  afterEach(async () => {
    await close();
  });

  /** With a pipe on stdin, or somebody who answers. */
  const runWith = async (
    from: Parameters<typeof memoryIo>[0],
    ...argv: readonly string[]
  ): Promise<Commanded> => {
    const io = memoryIo(from);
    const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
    return { code, stdout: io.stdout, stderr: io.stderr, questions: io.questions };
  };
  return {
    home,
    host: () => host,
    runWith,
    run: async (...argv: readonly string[]) => await runWith({}, ...argv),
    /** The inputs of a command, in the order in which they were asked. */
    asked: (name: string): unknown[] =>
      host.asked.filter((one) => one.name === name).map(({ input }) => input),
  };
}
