// Writes the manual page out of the command line itself: `node resources/dev/man-page.ts`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolvePaths } from '../../electron/base/paths.ts';
import { type CommandNode, commandTree, flatTree } from '../../electron/cli/command-tree.ts';
import { exitCodes } from '../../electron/cli/exit.ts';
import { processIo } from '../../electron/cli/io.ts';
import { createProgram } from '../../electron/cli/program.ts';
import { checkoutProgram } from '../../electron/program/checkout.ts';

export const manPagePath = fileURLToPath(new URL('../../docs/gleaner.1', import.meta.url));

/** Text as roff has it: nothing of it is a macro, a hyphen is one to copy. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&')
    .replaceAll(
      /[^\n -~]/g,
      (one) => `\\[u${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

const quoted = (text: string): string => `"${roff(text).replaceAll('"', '\\(dq')}"`;
const sentence = (text: string): string =>
  roff(`${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`);

function entry(term: string, text: string): string[] {
  return ['.TP', `.B ${quoted(term)}`, sentence(text)];
}

function usageOf({ path: words, arguments: given, options, below }: CommandNode): string {
  const names = given.map(({ name }) => name.toUpperCase());
  return [
    words,
    ...(options.length > 0 ? ['[OPTIONS]'] : []),
    ...names,
    ...(below.length > 0 ? ['COMMAND'] : []),
  ].join(' ');
}

function section(node: CommandNode): string[] {
  return [
    `.SS ${quoted(usageOf(node))}`,
    sentence(node.summary),
    ...node.options.flatMap(({ usage, about }) => (usage.includes('--help') ? [] : entry(usage, about))),
  ];
}

/** The whole file. */
export function manPage(): string {
  const linux = { platform: 'linux', home: '~', uid: 1000, env: {} } as const;
  const paths = resolvePaths(linux);
  const root = commandTree(
    createProgram({ io: processIo(), paths, program: checkoutProgram }, { exitCode: exitCodes.ok.code }),
  );
  const [, ...commands] = flatTree(root);
  const lines = [
    '.\\" Written by resources/dev/man-page.ts out of the command line; a test holds it to that.',
    `.TH GLEANER 1 "" ${quoted(`Gleaner ${checkoutProgram.version}`)} "Gleaner"`,
    '.SH NAME',
    `gleaner \\- ${roff(root.summary.replace(/\.$/, '').replace(/^P/, 'p'))}`,
    '.SH SYNOPSIS',
    `.B ${quoted('gleaner COMMAND [OPTIONS]')}`,
    '.br',
    `.B ${quoted('gleaner COMMAND --help')}`,
    '.SH DESCRIPTION',
    sentence(
      'Gleaner lends the idle hours of a computer to grids: their work runs in a virtual machine of its own, within what the ' +
        'person at the computer and its administrator allow',
    ),
    sentence(
      'Without a running host, commands work on the same files by themselves. Failures go to the standard error, as a code, a ' +
        'sentence and a hint; with --json they are one JSON value',
    ),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH "EXIT STATUS"',
    ...Object.values(exitCodes).flatMap(({ code, means }) => entry(String(code), means)),
    '.SH ENVIRONMENT',
    ...entry('GLEANER_HOME', 'another data folder'),
    '.SH FILES',
    ...entry(paths.dataDir, 'what Gleaner keeps of a person: ledger, keys, settings, saved virtual machines'),
    ...entry('/etc/gleaner/defaults.json', 'an organization’s defaults; a person may choose otherwise'),
    ...entry('/etc/gleaner/locked.json', 'what an organization has locked'),
  ];
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(manPagePath, manPage());
}
