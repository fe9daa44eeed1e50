import type { Command, Option } from 'commander';

/** One command as it is told of elsewhere than in its help. */
export interface CommandNode {
  /** `gleaner pool policy`. */
  readonly path: string;
  readonly summary: string;
  readonly arguments: readonly {
    /** As it is written: `FILE`. */
    readonly name: string;
    readonly choices: Choices;
  }[];
  readonly options: readonly {
    /** `--as`, and `-o` if it has a short form. */
    readonly flags: readonly string[];
    /** As it is written: `--as <KIND>`. */
    readonly usage: string;
    readonly about: string;
    /** Whether a word follows it. */
    readonly takesValue: boolean;
    readonly choices: Choices;
  }[];
  readonly below: readonly CommandNode[];
}

/** All that a value may be; empty where that cannot be listed. */
type Choices = readonly string[];

/** The commands below one, itself included, in the order of its help. Pure. */
export function commandTree(command: Command): CommandNode {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return {
    path: names.join(' '),
    summary: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      choices: argument.argChoices ?? [],
    })),
    options: command.createHelp().visibleOptions(command).map(optionOf),
    below: command.commands.map(commandTree),
  };
}

function optionOf(option: Option): CommandNode['options'][number] {
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    usage: option.flags,
    about: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}

/** All of a tree, each before what is below it. Pure. */
export function flatTree(node: CommandNode): CommandNode[] {
  return [node, ...node.below.flatMap(flatTree)];
}
