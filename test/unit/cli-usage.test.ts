import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { useCommand } from './cli-grids-fixture.ts';

const { run, runWith, asked } = useCommand();
const usageError = (sentence: string, hint: string) => ({
  code: 2,
  stdout: '',
  stderr: `gleaner: usage: ${sentence}\nhint: ${hint}\n`,
});

describe('a wrong use', () => {
  it.each([
    [['stats'], "unknown command 'stats'", 'Did you mean "gleaner status"? See "gleaner --help".'],
    [
      ['grids', 'sho'],
      "unknown command 'sho'",
      'Did you mean "gleaner grids show"? See "gleaner grids --help".',
    ],
    [
      ['activity', 'dy'],
      "unknown command 'dy'",
      'It has "gleaner activity day" and "gleaner activity export". See "gleaner activity --help".',
    ],
    [['nothing-like-it'], "unknown command 'nothing-like-it'", 'See "gleaner --help".'],
    [['status', '--wach'], "unknown option '--wach'", 'Did you mean "--watch"? See "gleaner status --help".'],
    [
      ['grids', 'share', 'a'],
      "missing required argument 'N'",
      'It is used as "gleaner grids share [options] <ID> <N>". See "gleaner grids share --help".',
    ],
    [
      ['settings', 'set', 'idle.afterSeconds', '3', 'min'],
      "too many arguments for 'set'. Expected 2 arguments but got 3.",
      'It is used as "gleaner settings set [options] <KEY> <VALUE>". Text with spaces goes in quotes. See "gleaner settings set --help".',
    ],
    [
      ['status', 'now'],
      "too many arguments for 'status'. Expected 0 arguments but got 1.",
      'It is used as "gleaner status [options]". See "gleaner status --help".',
    ],
    [
      ['earnings', '--by', 'weeks'],
      "option '--by <PERIOD>' argument 'weeks' is invalid. Allowed choices are day, week, month.",
      'See "gleaner earnings --help".',
    ],
  ])('%j is told with what may have been meant', async (argv, sentence, hint) => {
    expect(await run(...argv)).toMatchObject(usageError(sentence, hint));
  });

  it('is JSON where that was asked for, and steers no terminal', async () => {
    const { stderr } = await run('jobs', 'show', '--json');
    expect(JSON.parse(stderr)).toEqual({
      failure: {
        code: 'bad-request',
        sentence: "missing required argument 'ID'",
        hint: 'It is used as "gleaner jobs show [options] <ID>". See "gleaner jobs show --help".',
      },
    });
    expect((await run('\u001b[2Jx')).stderr).not.toContain('\u001b');
  });
});

describe('the help', () => {
  it('names all that needs a running host', async () => {
    expect((await run('--help')).stdout).toContain('only "status --watch" and "logs --follow" need one.');
  });

  it('shows jobs by IDs such as they have', async () => {
    for (const name of ['show', 'result', 'abort']) {
      const examples = (await run('jobs', name, '--help')).stdout.split('Examples:\n')[1] ?? '';
      for (const line of examples.trim().split('\n')) {
        // As the queue makes them.
        expect(line).toMatch(new RegExp(`^ *gleaner jobs ${name} [0-9a-f]{10}( |$)`));
      }
    }
  });

  it('says how an account key is given', async () => {
    const { stdout } = await run('grids', 'join', '--help');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '--key <KEY> sign in by an account key; - reads it from the terminal or standard input',
    );
  });
});

it('asks at the terminal for a key that is to come from there, and does not show it', async () => {
  const key = '0123456789abcdef0123456789abcdef';
  const join = ['grids', 'join', 'https://knot-atlas.example.org/', '--key', '-', '--yes'];
  const ran = await runWith({ answers: [key] }, ...join);
  expect(ran).toMatchObject({ code: 0, questions: ['Account key: *'] });
  expect(asked('grids.join')).toMatchObject([{ account: { kind: 'key', key } }]);
});

it('commander still says what is looked for in its words', () => {
  const told: string[] = [];
  const program = new Command('a').exitOverride().configureOutput({ outputError: (text) => told.push(text) });
  program.command('status').action(() => undefined);
  program.command('statue').action(() => undefined);
  const below = program.command('jobs <ID>').action(() => undefined);
  below.exitOverride().configureOutput({ outputError: (text) => told.push(text) });
  for (const argv of [['statux'], ['jobs'], ['jobs', 'a', 'b']]) {
    expect(() => program.parse(argv, { from: 'user' })).toThrow();
  }
  expect(told).toEqual([
    "error: unknown command 'statux'\n(Did you mean one of statue, status?)\n",
    "error: missing required argument 'ID'\n",
    "error: too many arguments for 'jobs'. Expected 1 argument but got 2.\n",
  ]);
});
