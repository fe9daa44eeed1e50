import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import { commandTree, flatTree } from '../../electron/cli/command-tree.ts';
import { bashCompletion } from '../../electron/cli/completion.ts';
import { createProgram, runProgram } from '../../electron/cli/program.ts';
import { manPage, manPagePath } from '../../resources/dev/man-page.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, useFolder } from './cli-fixture.ts';

const home = useFolder();
const context = () => ({
  io: memoryIo(),
  paths: resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } }),
  program: testProgram,
});

/** What a real bash offers at the end of a line. */
async function offered(script: string, line: string): Promise<string[]> {
  const path = join(home(), 'completion.bash');
  await writeFile(path, script);
  const ask = `. "$1"; COMP_WORDS=($2); [ "\${2: -1}" = ' ' ] && COMP_WORDS+=(''); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _gleaner; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-uc', ask, 'bash', path, line]);
  return stdout.split('\n').filter((word) => word !== '');
}

test('a real bash completes commands, those below them, options, and what an option may be', async () => {
  const asked = context();
  expect(await runProgram(['completion', 'bash'], asked)).toBe(0);
  const script = asked.io.stdout;
  const top = await offered(script, 'gleaner ');
  expect(top).toEqual(expect.arrayContaining(['status', 'pool', 'completion', '--version']));
  expect(await offered(script, 'gleaner po')).toEqual(['policy', 'pool']);
  expect(await offered(script, 'gleaner pool pol')).toEqual(['policy']);
  expect(await offered(script, 'gleaner policy check --')).toEqual(
    expect.arrayContaining(['--as', '--with', '--json', '--help']),
  );
  expect(await offered(script, 'gleaner policy check locked.json --as ')).toEqual(['defaults', 'locked']);
  // A file: bash's own completion goes on from here.
  expect(await offered(script, 'gleaner policy check --with ')).toEqual([]);
  expect(await offered(script, 'gleaner completion ')).toEqual(expect.arrayContaining(['bash']));
  // A word that happens to be a command's name is one only where the command is.
  expect(await offered(script, 'gleaner status pool pol')).toEqual([]);
});

test('no completion is made up for other shells', async () => {
  const asked = context();
  expect(await runProgram(['completion', 'tcsh'], asked)).toBe(2);
  expect(asked.io.stdout).toBe('');
});

test('short options and optional values', async () => {
  const program = new Command('gleaner');
  program
    .command('a [x]')
    .addOption(new Option('-o, --out [FORMAT]', 'how').choices(['csv', 'json']))
    .option('-q', 'quietly');
  const script = bashCompletion(commandTree(program));
  expect(await offered(script, 'gleaner a -o ')).toEqual(['csv', 'json']);
  expect(await offered(script, 'gleaner a -')).toEqual(['-o', '--out', '-q', '-h', '--help']);
});

test('the manual is as the command line has it: else run "node resources/dev/man-page.ts"', async () => {
  expect(await readFile(manPagePath, 'utf8')).toBe(manPage());
});

test('the manual has each command, and no line that is a request by accident', () => {
  const page = manPage();
  const tree = flatTree(commandTree(createProgram(context(), { exitCode: 0 })));
  expect(tree.length).toBeGreaterThan(40);
  for (const { path } of tree.slice(1)) expect(page).toContain(`.SS "${path.replaceAll('-', '\\-')}`);
  const requests = page.split('\n').filter((line) => /^[.']/.test(line));
  expect(requests.every((line) => /^\.(\\"|TH|SH|SS|TP|B|br)( |$)/.test(line))).toBe(true);
});
