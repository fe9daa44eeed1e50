import { type Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, type Context, toExitCode } from './context.ts';
import type { Ending } from './exit.ts';
import type { Look } from './show-status.ts';

/** How a command is added: its words, and what it does. `arguments` are commander's, in their order. */
export interface CommandSpec<O extends CommonOptions> {
  /** E.g. `show <ID>`. */
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly string[];
  /** Adds what the command has beside `--json`. */
  readonly options?: (command: Command) => void;
  /** What `--json` says here, where it is not the usual. */
  readonly json?: string;
  run(options: O, ...given: readonly string[]): Promise<Ending | undefined>;
}

/** Where the exit code of the command that ran is put. */
export interface Outcome {
  exitCode: number;
}

/** Adds commands that all answer in the same way: an exit code, failures on stderr, `--json`, examples. */
export class CommandAdder {
  readonly #context: Context;
  readonly #outcome: Outcome;

  constructor(context: Context, outcome: Outcome) {
    this.#context = context;
    this.#outcome = outcome;
  }

  /** Returns the command, for others below it. */
  add<O extends CommonOptions>(parent: Command, spec: CommandSpec<O>): Command {
    const command = parent.command(spec.usage).description(spec.summary).enablePositionalOptions();
    spec.options?.(command);
    command.option('--json', spec.json ?? 'answer with one JSON value on stdout');
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}`);
    command.action(async (...all: unknown[]) => {
      // Commander gives the arguments, then the options, then the command itself.
      const options = command.opts<O>();
      const given = all
        .slice(0, -2)
        .flat()
        .filter((value) => typeof value === 'string');
      this.#outcome.exitCode = await toExitCode(
        this.#context.io,
        options.json === true,
        async () => await spec.run(options, ...given),
      );
    });
    return command;
  }
}

/** How this context likes to be shown things. */
export function lookOf({ io }: Context): Look {
  return { style: io.style, now: io.now(), bars: io.outIsTerminal };
}

/** A parser for options that take a whole number. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}
