import { Command, CommanderError } from 'commander';
import { addActivityCommands } from './activity-commands.ts';
import { CommandAdder, type Outcome } from './command.ts';
import { addCompletionCommand } from './completion-command.ts';
import type { Context } from './context.ts';
import { addContributionCommands } from './contribution-commands.ts';
import { addEarningsCommands } from './earnings-commands.ts';
import { exitCodeHelp, exitCodes } from './exit.ts';
import { addGridCommands } from './grid-commands.ts';
import { addHealthCommands } from './health-commands.ts';
import { addJobCommands } from './job-commands.ts';
import { addLedgerCommands } from './ledger-commands.ts';
import { addManagerCommands } from './manager-commands.ts';
import { addNetworkCommands } from './network-commands.ts';
import { addOpenCommand } from './open-command.ts';
import { addPolicyCommands } from './policy-commands.ts';
import { addPoolCommands } from './pool-commands.ts';
import { addRunCommand } from './run-command.ts';
import { addServiceCommands } from './service-commands.ts';
import { addSettingsCommands } from './settings-commands.ts';
import { addUpdateCommands } from './update-commands.ts';
import { tellUsageErrors } from './usage-errors.ts';

const examples = `
Examples:
  gleaner status                      what is happening, and why
  gleaner pause 1h                    give the computer back for an hour
  gleaner jobs add my-job/            queue own work
  gleaner grids join boinc:URL        work for a public project
  gleaner earnings --by week          what was earned, and what it took
  gleaner activity day                what this computer did today
  gleaner policy explain              why it works, or does not
  gleaner doctor                      what it needs, and how to mend it
  gleaner settings set preset gentle  freeze at any input
  gleaner run --headless              the host without a window
  gleaner pool init DIR …             run a company's pool of such computers

Without a running host, commands work on the same files by themselves; only "status --watch" and "logs --follow" need one.
Where Gleaner is a service of the machine, all of them ask the service: root may do everything, others look and pause.
Failures go to stderr: "gleaner: CODE: sentence", then "hint: …"; with --json as {"failure": …}.
`;

/** The whole command line: what runs it, and what tells of it (help, completion, the manual), see the same. */
export function createProgram(context: Context, outcome: Outcome): Command {
  const { io } = context;
  const program = new Command('gleaner')
    .description("Put this computer's idle hours to work, and look at it.")
    .version(context.program.version)
    .addHelpText('after', `${examples}\n${exitCodeHelp()}`)
    // A command's options are those behind its name, also where the one above it has the same ones.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        void io.out(text).catch(() => undefined);
      },
      writeErr: (text) => {
        io.err(text);
      },
    });
  const adder = new CommandAdder(context, outcome);
  addContributionCommands(program, adder, context);
  addOpenCommand(program, adder, context);
  addJobCommands(program, adder, context);
  addLedgerCommands(program, adder, context);
  addEarningsCommands(program, adder, context);
  addActivityCommands(program, adder, context);
  addGridCommands(program, adder, context);
  addManagerCommands(program, adder, context);
  addNetworkCommands(program, adder, context);
  addSettingsCommands(program, adder, context);
  addPolicyCommands(program, adder, context);
  addHealthCommands(program, adder, context);
  addUpdateCommands(program, adder, context);
  addPoolCommands(program, adder, context);
  addRunCommand(program, adder, context);
  addServiceCommands(program, adder, context);
  addCompletionCommand(program, adder, context);
  return program;
}

/** Runs the command line (without node and script) and returns the exit code. Never rejects. */
export async function runProgram(argv: readonly string[], context: Context): Promise<number> {
  const { io } = context;
  const outcome: Outcome = { exitCode: exitCodes.ok.code };
  const program = createProgram(context, outcome);
  tellUsageErrors(program, io, argv.includes('--json'));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code;
  }
}
