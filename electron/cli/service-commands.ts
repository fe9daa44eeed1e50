import type { Command } from 'commander';
import type { Failure } from '../contract/failures.ts';
import { toFailure } from '../contract/failures.ts';
import type { HostPlace } from '../contract/settings.ts';
import { isListening } from '../control/endpoint.ts';
import type { CommandAdder } from './command.ts';
import { type CommonOptions, type Context, print, UsageError } from './context.ts';
import { cleanLine } from './text.ts';

interface ServiceStatus {
  /** null: nobody can tell. */
  readonly place: HostPlace | null;
  readonly failure: Failure | null;
  /** null: this user may not ask it. */
  readonly running: boolean | null;
  readonly socket: string;
}

/** `service wanted|status`. */
export function addServiceCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const service = program.command('service').description('Gleaner as a service of the machine');
  adder.add<CommonOptions>(service, {
    usage: 'wanted',
    summary: 'whether a profile of this computer wants one: exit code 0, or 1; asks no host',
    examples: ['gleaner service wanted && systemctl start gleaner'],
    run: async ({ json = false }) => {
      const status = await look(context, false);
      if (status.place === 'session') await forget(context);
      await print(io, json, { wanted: status.place === 'service', failure: status.failure }, () =>
        placeWords(status),
      );
      return status.place === 'service' ? undefined : 'failed';
    },
  });
  adder.add<CommonOptions>(service, {
    usage: 'status',
    summary: 'where Gleaner works on this computer, and whether its service runs',
    examples: ['gleaner service status', 'gleaner service status --json | jq .running'],
    run: async ({ json = false }) => {
      const status = await look(context, true);
      await print(io, json, status, (value) => `${placeWords(value)}\n${runningWords(value)}`);
      return status.failure ? 'failed' : undefined;
    },
  });
}

async function look({ machine }: Context, ask: boolean): Promise<ServiceStatus> {
  if (!machine) throw new UsageError('There is no service of a machine here.', 'Look with: gleaner status');
  const { machinePlace } = await import('../host/machine-place.ts');
  const told = await machinePlace(machine);
  const { socketPath } = machine.servicePaths;
  return {
    place: 'place' in told ? told.place : null,
    failure: 'failure' in told ? told.failure : null,
    running: ask ? await isRunning(socketPath) : null,
    socket: socketPath,
  };
}

/** A service that did not run when a profile gave it up has not forgotten it itself. Only its own account and root may. */
async function forget({ machine }: Context): Promise<void> {
  if (!machine) return;
  const { rememberPlace } = await import('../host/machine-place.ts');
  await rememberPlace(machine.servicePaths, 'session').catch(() => undefined);
}

async function isRunning(socketPath: string): Promise<boolean | null> {
  try {
    return await isListening(socketPath);
  } catch (error) {
    if (toFailure(error).code === 'host-not-running') return null;
    throw error;
  }
}

function placeWords({ place, failure }: ServiceStatus): string {
  if (failure) return cleanLine(failure.sentence);
  return place === 'service'
    ? 'A profile of this computer wants Gleaner as a service of the machine.'
    : "Gleaner works in each person's app on this computer.";
}

function runningWords({ running, socket }: ServiceStatus): string {
  if (running === null)
    return 'Whether the service runs is not told to this user: it is for the group gleaner.';
  return running ? `The service listens at ${cleanLine(socket)}.` : 'The service does not run.';
}
