import type { Command } from 'commander';
import type { Io } from './io.ts';
import { cleanLine, toJson } from './text.ts';

/**
 * Lets a command, and all below it, tell of a wrong use as other failures are told: a sentence, and a hint with what may
 * have been meant, how the command is used, and where its help is.
 */
export function tellUsageErrors(command: Command, io: Io, json: boolean): void {
  command.configureOutput({
    outputError: (text) => {
      const sentence = sentenceOf(text, command);
      const hint = hintFor(text, command);
      io.err(
        json
          ? `${toJson({ failure: { code: 'bad-request', sentence, hint } })}\n`
          : `gleaner: usage: ${sentence}\nhint: ${hint}\n`,
      );
    },
  });
  for (const below of command.commands) tellUsageErrors(below, io, json);
}

/** `gleaner jobs show`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** What commander appends where something near exists; several are "one of a, b". */
const suggested = /\n\(Did you mean (one of )?([^)]*)\?\)/;

const isExcess = (text: string): boolean => text.startsWith('error: too many arguments');

/** What a command with others below it was given beside them can only be meant as one of them. */
function isUnknownCommand(text: string, command: Command): boolean {
  return isExcess(text) && command.commands.length > 0 && command.registeredArguments.length === 0;
}

function sentenceOf(text: string, command: Command): string {
  if (isUnknownCommand(text, command)) return `unknown command '${cleanLine(command.args[0] ?? '')}'`;
  return cleanLine(
    text
      .replace(/^error: /, '')
      .replace(suggested, '')
      .trim(),
  );
}

function hintFor(text: string, command: Command): string {
  const path = pathOf(command);
  return [didYouMean(text, command), usage(text, command), `See "${path} --help".`]
    .filter((part) => part !== null)
    .join(' ');
}

function didYouMean(text: string, command: Command): string | null {
  const path = pathOf(command);
  const quoted = (names: readonly string[], word: string): string =>
    names.map((name) => `"${name.startsWith('-') ? name : `${path} ${name}`}"`).join(` ${word} `);
  if (isUnknownCommand(text, command))
    return `It has ${quoted(
      command.commands.map((one) => one.name()),
      'and',
    )}.`;
  const [, , near] = suggested.exec(text) ?? [];
  return near === undefined ? null : `Did you mean ${quoted(near.split(', '), 'or')}?`;
}

/** How it is used, where arguments are missing or too many. */
function usage(text: string, command: Command): string | null {
  if (isUnknownCommand(text, command)) return null;
  const line = `It is used as "${pathOf(command)} ${command.usage()}".`;
  if (text.startsWith('error: missing required argument')) return line;
  if (!isExcess(text)) return null;
  return command.registeredArguments.length > 0 ? `${line} Text with spaces goes in quotes.` : line;
}
