import type { Command } from 'commander';
import type { CommandAdder } from './command.ts';
import { type CommonOptions, type Context, print, UsageError } from './context.ts';
import { count } from './text.ts';

interface RunOptions extends CommonOptions {
  readonly headless?: boolean;
  readonly untilIdle?: boolean;
  readonly sample?: boolean;
}

/** `run`. */
export function addRunCommand(program: Command, adder: CommandAdder, context: Context): void {
  adder.add<RunOptions>(program, {
    usage: 'run',
    summary: 'the host itself, for servers and tests; it logs to stderr until SIGINT or SIGTERM',
    options: (command) =>
      command
        .option('--headless', 'without a window (the only way from here)')
        .option('--until-idle', 'end when no job is queued or running; exit code 1 when one failed')
        .option('--sample', 'queue the sample project first'),
    json: 'say at the end as one JSON value what was done',
    examples: ['gleaner run --headless', 'gleaner run --headless --sample --until-idle --json'],
    run: async ({ headless = false, untilIdle = false, sample = false, json = false }) => {
      if (!headless) throw new UsageError('Only "gleaner run --headless" starts a host.', 'Add --headless.');
      const { serveHeadless } = await import('../node-host.ts');
      const { io, paths, program: files } = context;
      const { ending, jobs } = await serveHeadless({ paths, program: files, io, untilIdle, sample });
      await print(
        io,
        json,
        jobs,
        ({ done, failed, aborted }) => `${count(done, 'job')} done, ${failed} failed, ${aborted} aborted.`,
      );
      return ending;
    },
  });
}
