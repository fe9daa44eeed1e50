import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { askOn, Interrupted } from '../../electron/cli/prompt.ts';
import { useCommand } from './cli-grids-fixture.ts';

const script = fileURLToPath(new URL('../../electron/cli.ts', import.meta.url));
const { home, asked } = useCommand();

/** A question at a made-up terminal, and what it showed. */
function ask(hidden: boolean) {
  const input = new PassThrough();
  const output = new PassThrough();
  const answer = askOn(input, output, 'Say: ', hidden);
  return { input, answer, shown: () => (output.read() as Buffer | null)?.toString() ?? '' };
}

describe('a question', () => {
  it('shows an answer while it is typed, unless it is hidden', async () => {
    const open = ask(false);
    open.input.write('hello\r');
    expect(await open.answer).toBe('hello');
    expect(open.shown()).toMatch(/^Say: .*hello/s);
    const hidden = ask(true);
    hidden.input.write('helxx\u007f\u007flo\r');
    expect(await hidden.answer).toBe('hello');
    expect(hidden.shown()).toBe('Say: \n');
  });

  it('is over at the end of the input, and at Ctrl-C', async () => {
    const ended = ask(false);
    ended.input.end();
    expect(await ended.answer).toBeNull();
    const interrupted = ask(true);
    interrupted.input.write('x\u0003');
    await expect(interrupted.answer).rejects.toBeInstanceOf(Interrupted);
  });
});

/** The real command on a terminal of its own (script(1) makes one): types each answer when its question is there. */
async function onTerminal(
  argv: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
): Promise<{ code: number | null; shown: string }> {
  const command = [process.execPath, script, ...argv].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: home(), GLEANER_HOME: home(), TERM: 'dumb' },
  });
  const left = [...answers];
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = left;
    if (!next || !shown.includes(next[0])) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, shown };
}

describe('the real command on a terminal', () => {
  const argv = ['grids', 'join', 'boinc:https://knot-atlas.example.org', '--email', 'me@example.org'];

  it('shows the consent that is typed, and not the password', async () => {
    const { code, shown } = await onTerminal(argv, [
      ['[y/N] ', 'y\r'],
      ['Password: ', 'correct horse\r'],
    ]);
    expect(shown).toMatch(/Join Knot Atlas and let its tasks contact these places\? \[y\/N\] .*y/);
    expect(shown).toContain('Joined Knot Atlas');
    expect(shown).not.toContain('horse');
    expect(code).toBe(0);
    expect(asked('grids.join')).toMatchObject([{ account: { kind: 'login', password: 'correct horse' } }]);
  });

  it('ends at Ctrl-C with the exit code for that', async () => {
    const { code } = await onTerminal(argv, [
      ['[y/N] ', 'y\r'],
      ['Password: ', 'correct\u0003'],
    ]);
    expect(code).toBe(130);
    expect(asked('grids.join')).toEqual([]);
  });
});
