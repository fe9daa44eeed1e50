import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import type { MachinePlaceOptions } from '../host/machine-place.ts';
import type { CommandAdder } from './command.ts';
import { type CommonOptions, type Context, print, UsageError } from './context.ts';
import type { Ending } from './exit.ts';
import type { Io } from './io.ts';
import { count } from './text.ts';

interface RunOptions extends CommonOptions {
  readonly headless?: boolean;
  readonly service?: boolean;
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
        .option('--headless', 'without a window, for the person who starts it')
        .option(
          '--service',
          'as a service of the machine, where a profile wants one (what its systemd unit runs)',
        )
        .option('--until-idle', 'end when no job is queued or running; exit code 1 when one failed')
        .option('--sample', 'queue the sample project first'),
    json: 'say at the end as one JSON value what was done',
    examples: ['gleaner run --headless', 'gleaner run --headless --sample --until-idle --json'],
    run: async ({ headless = false, service = false, untilIdle = false, sample = false, json = false }) => {
      const { io, paths, program: files, machine } = context;
      if (service) {
        if (headless || untilIdle || sample)
          throw new UsageError('A service of the machine runs by itself.', 'Leave the other options out.');
        return await runService(context);
      }
      if (!headless) throw new UsageError('Only "gleaner run --headless" starts a host.', 'Add --headless.');
      const onUnwanted = machine && (await staysInSession(machine, io));
      const { serveHeadless } = await import('../node-host.ts');
      const { ending, jobs } = await serveHeadless({
        paths,
        program: files,
        io,
        untilIdle,
        sample,
        ...(onUnwanted ? { onUnwanted } : {}),
      });
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

/**
 * Makes sure that a host may live here now; what it returns calls back, and says so, once the machine has a service instead.
 * @throws GleanerError as `requireSession`
 */
export async function staysInSession(
  machine: MachinePlaceOptions,
  io: Pick<Io, 'err'>,
): Promise<(onMoved: () => void) => () => void> {
  const { followPlace, machinePlace, requireSession } = await import('../host/machine-place.ts');
  requireSession(await machinePlace(machine));
  return (onMoved) => {
    const follower = followPlace(machine, 'session', () => {
      io.err(
        'gleaner: A profile of this computer now wants Gleaner as a service of the machine: this host saves its work and ends.\n',
      );
      onMoved();
    });
    return () => void follower.dispose();
  };
}

async function runService({ io, program, machine }: Context): Promise<Ending> {
  if (!machine) throw new GleanerError('platform-not-ready', 'There is no service of a machine here.');
  const { serveMachine } = await import('../node-service.ts');
  return await serveMachine({ io, program, machine });
}
