import { describe, expect, it } from 'vitest';
import { styleFor } from '../../electron/cli/io.ts';
import { showReport } from '../../electron/cli/show-policy.ts';
import { showContribution, showStatus } from '../../electron/cli/show-status.ts';
import { plainly } from '../../electron/contract/said.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { fakeAllowance, fakeHeld, fakeReason } from '../fakes/fake-contribution.ts';
import { FakeHost, fakeContribution, fakeNow, fakeSnapshot } from '../fakes/fake-host.ts';
import { useCommand } from './cli-grids-fixture.ts';

const look = { style: styleFor(false, {}), now: fakeNow, bars: false };
const off = fakeAllowance(0, [fakeReason('disabled', plainly('reason.disabled'), { source: 'user' })]);
const offByOrganization = fakeAllowance(0, [
  fakeReason('disabled', plainly('reason.disabled'), { source: 'locked' }),
]);
const paused = fakeAllowance(0, [
  fakeReason('pause', plainly('reason.pause'), { source: 'user' }),
  fakeReason('disabled', plainly('reason.disabled'), { source: 'user' }),
]);
const broken = fakeAllowance(0, [
  fakeReason('profile-broken', plainly('reason.profile-broken'), { source: 'locked' }),
]);
const turnOn = 'Turn it on: gleaner settings set contribute yes';
const { run, host } = useCommand();

const report = async (allowance: typeof off, changes = {}) => ({
  ...(await new FakeHost().call('policy.explain', {})),
  ...fakeHeld(allowance),
  signals: noSignals,
  sensorTroubles: [],
  nextChangeAt: fakeNow + 900_000,
  ...changes,
});

describe('what is turned off', () => {
  it('is turned on as status says', async () => {
    const contribution = fakeContribution({ state: 'paused', ...fakeHeld(off) });
    expect(showContribution(contribution, look)).toBe(`Off: contributing is turned off.\n${turnOn}`);
    host().snapshot = fakeSnapshot({ contribution });
    expect((await run('status')).stdout).toContain(`\n${turnOn}\n`);
    expect(showStatus(fakeSnapshot(), look)).not.toContain('Turn it on');
  });

  it('is an administrator’s to turn on where they turned it off, and waits behind a pause', () => {
    const locked = showContribution(fakeContribution(fakeHeld(offByOrganization)), look);
    expect(locked).toBe(
      'Off: contributing is turned off (set by your organization).\nWhoever manages this computer can turn it on.',
    );
    expect(showContribution(fakeContribution(fakeHeld(paused)), look)).toBe('Paused until you resume.');
  });
});

describe('gleaner policy explain', () => {
  it('names nobody who set that a profile cannot be read', async () => {
    expect(showReport(await report(broken), look)).toContain('nothing is allowed (profile-broken)\n');
  });

  it('is plain while it is turned off', async () => {
    expect(showReport(await report(off), look)).toBe(
      [
        'Off: contributing is turned off.',
        '',
        '1. contributing is turned off: nothing is allowed (disabled, set by you)',
        turnOn,
        '',
        'Allowed      nothing',
        'Preset       balanced',
        'Next change  when it is turned on',
        '',
        'Signals',
        '  About to sleep      no',
        '  About to shut down  no',
        '  Nobody looks at the others: they would change nothing while it is turned off.',
      ].join('\n'),
    );
  });

  it('is plain while the person has paused it, and while there is no work', async () => {
    const [pause] = paused.reasons;
    const shown = showReport(await report(fakeAllowance(0, pause && [pause])), look);
    expect(shown).toContain('\nStep         frozen in memory\n');
    expect(shown).toContain('1. paused until you resume: nothing is allowed (pause, set by you)\n');
    expect(shown).toContain('while you have paused it');
    const idle = await report(fakeAllowance(1), { said: plainly('state.no-work') });
    expect(showReport(idle, look)).toContain('while there is no work');
  });

  it('guesses nothing while Gleaner is not running', async () => {
    expect(showReport(await report(fakeAllowance(1)), look, false)).toBe(
      [
        'Nothing holds it back.',
        '',
        'No setting holds it back.',
        '',
        'Allowed at most  100 %, 1 vCPU, 768 MiB, network',
        'Preset           balanced',
        '',
        'Signals',
        '  Nobody looks: Gleaner is not running.',
      ].join('\n'),
    );
  });

  it('names what is unknown while somebody looks', async () => {
    const shown = showReport(await report(fakeAllowance(1), { said: null }), look);
    expect(shown).toContain('\n  Package power         unknown\n');
    expect(shown).not.toContain('Nobody looks');
  });
});
