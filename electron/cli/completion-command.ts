import type { Command } from 'commander';
import type { CommandAdder } from './command.ts';
import { commandTree } from './command-tree.ts';
import { bashCompletion } from './completion.ts';
import { type CommonOptions, type Context, print } from './context.ts';

/** `completion`: works without a host, and without any file of its own. */
export function addCompletionCommand(program: Command, adder: CommandAdder, context: Context): void {
  adder.add<CommonOptions>(program, {
    usage: 'completion <SHELL>',
    summary: 'print what a shell (bash) completes this command by',
    options: (command) => {
      for (const shell of command.registeredArguments) shell.choices(['bash']);
    },
    examples: [
      'gleaner completion bash > ~/.local/share/bash-completion/completions/gleaner',
      'eval "$(gleaner completion bash)"',
    ],
    run: async ({ json = false }, shell = '') => {
      const script = bashCompletion(commandTree(program));
      await print(context.io, json, { shell, script }, () => script.trimEnd());
      return undefined;
    },
  });
}
