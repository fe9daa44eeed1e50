import { describe, expect, it } from 'vitest';
import { styleFor } from '../../electron/cli/io.ts';
import { showPaused } from '../../electron/cli/show-status.ts';
import { PauseChoice, PauseLength } from '../../electron/contract/snapshot.ts';
import { pauseFrom } from '../../electron/policy/pause.ts';
import { fakeContribution } from '../fakes/fake-contribution.ts';
import { useCommand } from './cli-grids-fixture.ts';

const { run, asked } = useCommand();
const lengths =
  'any time from 1 min to 7 d, such as 30m, 2h or "90 min"; "tomorrow", which is 06:00; or "manual", until you resume';

describe('gleaner pause', () => {
  it.each([
    ['2h', 7200],
    ['90 min', 5400],
    ['1 d', 86_400],
    ['30m', '30m'],
    ['1h', '1h'],
    ['tomorrow', 'tomorrow'],
    ['manual', 'manual'],
  ])('for %s', async (text, length) => {
    expect(await run('pause', text)).toMatchObject({ code: 0, stderr: '' });
    expect(asked('pause')).toEqual([{ length }]);
  });

  it('says what was asked for, and how it is ended', async () => {
    const until = new Date(2026, 10, 27, 14, 30).getTime();
    const look = { style: styleFor(false, {}), now: until - 3_600_000, bars: false };
    const paused = (end: number | null) =>
      showPaused(fakeContribution({ pause: { length: 'manual', since: look.now, until: end } }), look);
    expect(paused(null)).toBe('Paused until you resume.\nEnd it: gleaner resume');
    expect(paused(until)).toBe('Paused until 14:30.\nEnd it: gleaner resume');
    expect(paused(until + 86_400_000)).toContain('Paused until 2026-11-28 14:30.');
    expect(showPaused(fakeContribution({ pause: null }), look)).toBe(fakeContribution().sentence);
    expect((await run('pause', 'manual')).stdout).toBe(`${paused(null)}\n`);
  });

  it.each(['2y', '30s', '8 d', '90', '1.00001 h', 'Tomorrow?'])('not for %s', async (text) => {
    const refused = await run('pause', text);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(`It may be ${lengths}.\nhint: See "gleaner pause --help".\n`);
    expect(asked('pause')).toEqual([]);
  });

  it('lists its lengths', async () => {
    const { stdout } = await run('pause', '--help');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`for how long: ${lengths}`);
    for (const choice of PauseChoice.options) expect(stdout).toContain(choice === '1h' ? '2h' : choice);
  });
});

it('a pause of so many seconds ends after them, and none is longer than a week', () => {
  expect(pauseFrom(5400, 1000)).toEqual({ length: 5400, since: 1000, until: 5_401_000 });
  for (const length of [0, 59, 60.5, 7 * 86_400 + 1, '2h', null]) {
    expect(PauseLength.safeParse(length).success, String(length)).toBe(false);
  }
});
