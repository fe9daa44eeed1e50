import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InstallKind } from '../../electron/contract/install.ts';
import { vmPhases } from '../../electron/contract/snapshot.ts';
import { UpdateReason } from '../../electron/contract/update.ts';
import { restartArguments } from '../../electron/shell/start-options.ts';
import { hindrance, type Moment } from '../../electron/shell/updates/moment.ts';
import { isInRollout, rolloutPlace } from '../../electron/shell/updates/rollout.ts';
import {
  afterOrderlyEnd,
  afterTakenBack,
  allowedStarts,
  isHealthy,
  type Trial,
  trialStep,
  UpdateMemory,
} from '../../electron/shell/updates/trial.ts';
import {
  compareVersions,
  isDevelopment,
  isNewer,
  parseVersion,
  type Version,
} from '../../electron/shell/updates/version.ts';
import { type Standing, whoUpdates } from '../../electron/shell/updates/who.ts';
import english from '../../text/catalogue/en.ts';
import { fakeLocalGrid } from '../fakes/fake-grid-views.ts';
import { fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';

const number = fc.nat(12);
const identifier = fc.oneof(fc.nat(30).map(String), fc.stringMatching(/^[a-c][0-9a-c-]{0,3}$/));
const versionText = fc
  .tuple(
    number,
    number,
    number,
    fc.array(identifier, { maxLength: 3 }),
    fc.constantFrom('', '+devruntime', '+b.7'),
  )
  .map(
    ([a, b, c, before, build]) => `${a}.${b}.${c}${before.length > 0 ? `-${before.join('.')}` : ''}${build}`,
  );
const parsed = (text: string): Version => {
  const version = parseVersion(text);
  if (!version) throw new Error(`${text} is no version`);
  return version;
};

describe('a version', () => {
  it('is in the order that Semantic Versioning gives as its example', () => {
    const ordered = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '2.0.0',
      '2.1.0',
      '2.1.1',
    ];
    for (const [at, one] of ordered.entries())
      for (const [where, other] of ordered.entries()) expect(isNewer(one, other)).toBe(at > where);
  });

  it('is ordered wholly, and never newer than itself or than what is newer', () => {
    fc.assert(
      fc.property(versionText, versionText, versionText, (a, b, c) => {
        const [one, two, three] = [a, b, c].map(parsed) as [Version, Version, Version];
        expect(Math.sign(compareVersions(one, two))).toBe(-Math.sign(compareVersions(two, one)) + 0);
        if (compareVersions(one, two) <= 0 && compareVersions(two, three) <= 0) {
          expect(compareVersions(one, three)).toBeLessThanOrEqual(0);
        }
        expect(isNewer(a, a)).toBe(false);
        expect(isNewer(a, b) && isNewer(b, a)).toBe(false);
      }),
    );
  });

  it.each([
    '',
    '1',
    '1.2',
    '01.2.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3+',
    'v1.2.3',
    '1.2.3 ',
    `1.2.3-${'a'.repeat(80)}`,
    '9'.repeat(30),
  ])('%j is none, and newer than nothing', (text) => {
    expect(parseVersion(text)).toBeNull();
    expect(isNewer(text, '0.0.1')).toBe(false);
  });

  it('tells where it was built', () => {
    expect(
      ['1.2.3+devruntime', '1.2.3-beta.1+devruntime.2', '1.2.3', '1.2.3-devruntime'].map(isDevelopment),
    ).toEqual([true, true, false, false]);
  });
});

const key = `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`;
const install = (changes: object = {}): string =>
  JSON.stringify({
    version: 1,
    kind: 'appimage',
    feed: 'https://updates.example.org/',
    keys: [key],
    ...changes,
  });
const standing = (changes: Partial<Standing> = {}): Standing => ({
  installText: install(),
  packageType: null,
  platform: 'linux',
  version: '1.0.0',
  isDemo: false,
  appImage: '/home/ada/Gleaner.AppImage',
  isReplaceable: true,
  ...changes,
});

describe('who updates', () => {
  it('an AppImage updates itself, from its own feed', () => {
    expect(whoUpdates(standing())).toEqual({
      feed: {
        url: 'https://updates.example.org/',
        keys: [key],
        authority: undefined,
        target: '/home/ada/Gleaner.AppImage',
      },
    });
  });

  it.each<[UpdateReason, Partial<Standing>]>([
    ['package', { installText: install({ kind: 'deb' }) }],
    ['package', { installText: install({ kind: 'rpm' }) }],
    ['package', { packageType: 'deb\n' }],
    ['installer', { installText: install({ kind: 'msi' }), platform: 'win32' }],
    ['installer', { installText: install({ kind: 'pkg' }), platform: 'darwin' }],
    ['archive', { installText: install({ kind: 'tar' }) }],
    ['platform', { installText: install({ kind: 'nsis' }), platform: 'win32' }],
    ['platform', { installText: install({ kind: 'mac-zip' }), platform: 'darwin' }],
    ['development', { version: '1.0.0+devruntime' }],
    ['demo', { isDemo: true }],
    ['checkout', { installText: null }],
    ['unreadable', { installText: '{' }],
    ['unreadable', { installText: install({ more: 1 }) }],
    ['unreadable', { installText: install({ feed: 'http://updates.example.org/' }) }],
    ['unreadable', { installText: install({ feed: 'https://me:secret@updates.example.org/' }) }],
    ['unreadable', { installText: install({ keys: ['AAAA'] }) }],
    ['unreadable', { installText: install({ keys: [key, key, key] }) }],
    ['no-feed', { installText: install({ feed: undefined }) }],
    ['no-feed', { installText: install({ keys: [] }) }],
    ['not-in-place', { appImage: undefined }],
    ['not-in-place', { appImage: 'Gleaner.AppImage' }],
    ['not-writable', { isReplaceable: false }],
  ])('nobody here: %s (%j)', (off, changes) => {
    expect(whoUpdates(standing(changes))).toEqual({ off });
  });

  it('is no package’s own business, whatever else is said', () => {
    const others = InstallKind.options.filter((kind) => kind !== 'appimage');
    fc.assert(
      fc.property(
        fc.constantFrom(...others),
        fc.constantFrom('linux', 'win32', 'darwin'),
        (kind, platform) => {
          expect(whoUpdates(standing({ installText: install({ kind }), platform }))).toHaveProperty('off');
        },
      ),
    );
  });

  it('never throws at what lies there', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (installText) => {
        expect(whoUpdates(standing({ installText }))).toHaveProperty('off');
      }),
    );
  });

  it('has words for every reason in the window, too', () => {
    for (const reason of UpdateReason.options)
      expect(english.update[`reason.${reason}`]).toMatch(/^\p{Lu}.*\.$/u);
  });
});

const calm = (changes: Partial<Moment> = {}): Moment => ({
  snapshot: fakeSnapshot({ jobs: [], vms: [] }),
  callsUnderWay: 0,
  isWatched: false,
  isAsked: false,
  handBack: false,
  ...changes,
});
const [vm] = fakeSnapshot().vms;

describe('the moment for a restart', () => {
  const inPhase = (phase: (typeof vmPhases)[number]) =>
    fakeSnapshot({ vms: vm ? [{ ...vm, phase }] : [], jobs: [fakeJob()] });
  const pool = fakeSnapshot({
    grids: [{ ...fakeLocalGrid(), id: 'pool', kind: 'condor' }],
    jobs: [fakeJob({ grid: 'pool' })],
    vms: vm ? [{ ...vm, grid: 'pool' }] : [],
  });

  it('is there with nothing to do, and with a job that is saved and goes on', () => {
    expect(hindrance(calm())).toBeNull();
    for (const phase of ['running', 'frozen', 'saved'] as const)
      expect(hindrance(calm({ snapshot: inPhase(phase) }))).toBeNull();
  });

  it('is not there while something is under way', () => {
    expect(hindrance(calm({ callsUnderWay: 1 }))).toBe('being-used');
    expect(hindrance(calm({ snapshot: inPhase('saving') }))).toBe('vm-changes');
    // The VM is gone and the job is not over: its result is being judged.
    expect(hindrance(calm({ snapshot: inPhase('stopped') }))).toBe('judging');
    const problems = [{ code: 'state-unavailable', sentence: 'It cannot be saved.' }] as const;
    expect(hindrance(calm({ snapshot: { ...inPhase('running'), problems: [...problems] } }))).toBe(
      'cannot-save',
    );
  });

  it('waits for a pool’s jobs unless the person hands them back', () => {
    expect(hindrance(calm({ snapshot: pool }))).toBe('pool-jobs');
    expect(hindrance(calm({ snapshot: pool, isAsked: true }))).toBe('pool-jobs');
    expect(hindrance(calm({ snapshot: pool, isAsked: true, handBack: true }))).toBeNull();
  });

  it('is not under the person’s eyes, unless they asked', () => {
    expect(hindrance(calm({ isWatched: true }))).toBe('watched');
    expect(hindrance(calm({ isWatched: true, isAsked: true }))).toBeNull();
  });

  it('never comes while a VM changes, a command is open or a running job could not be kept', () => {
    const phase = fc.constantFrom(...vmPhases);
    const moment = fc.record({
      phase,
      calls: fc.nat(2),
      isWatched: fc.boolean(),
      isAsked: fc.boolean(),
      handBack: fc.boolean(),
      hasJob: fc.boolean(),
    });
    fc.assert(
      fc.property(moment, ({ phase: at, calls, hasJob, ...rest }) => {
        const snapshot = { ...inPhase(at), jobs: hasJob ? [fakeJob()] : [] };
        if (hindrance({ snapshot, callsUnderWay: calls, ...rest }) !== null) return;
        expect(calls).toBe(0);
        expect(['preparing', 'starting', 'freezing', 'saving', 'stopping']).not.toContain(at);
        if (hasJob) expect(['running', 'frozen', 'saved']).toContain(at);
        expect(rest.isWatched && !rest.isAsked).toBe(false);
      }),
    );
  });
});

describe('the rollout', () => {
  const id = fc.uuid();

  it('lets nobody in at 0, everybody at 100, and nobody out again as it grows', () => {
    fc.assert(
      fc.property(id, versionText, fc.nat(100), fc.nat(100), (one, version, a, b) => {
        expect(isInRollout(one, version, 0)).toBe(false);
        expect(isInRollout(one, version, 100)).toBe(true);
        expect(isInRollout(one, version, undefined)).toBe(true);
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        if (isInRollout(one, version, less)) expect(isInRollout(one, version, more)).toBe(true);
        expect(rolloutPlace(one, version)).toBe(rolloutPlace(one, version));
      }),
    );
  });

  it('is about as large as it says, and others come first with another version', () => {
    const ids = Array.from({ length: 2000 }, (_, at) => `installation ${at}`);
    const first = ids.filter((one) => isInRollout(one, '1.1.0', 10));
    expect(first.length).toBeGreaterThan(140);
    expect(first.length).toBeLessThan(260);
    expect(first.filter((one) => isInRollout(one, '1.2.0', 10)).length).toBeLessThan(50);
  });
});

describe('a trial', () => {
  const trial: Trial = { version: '1.1.0', from: '1.0.0', target: '/a', previous: '/a.previous', starts: 0 };

  it('gives a version its starts, then the one before its place back, which remembers', () => {
    let now = trial;
    for (let start = 1; start <= allowedStarts; start += 1) {
      const step = trialStep(now, '1.1.0');
      expect(step).toEqual({ do: 'try', trial: { ...trial, starts: start } });
      if (step.do === 'try') now = step.trial;
    }
    expect(trialStep(now, '1.1.0')).toEqual({ do: 'put-back', trial: now });
    expect(trialStep(now, '1.0.0')).toEqual({ do: 'remember', trial: now });
    expect(trialStep(now, '1.3.0')).toEqual({ do: 'nothing' });
    expect(trialStep(null, '1.1.0')).toEqual({ do: 'nothing' });
  });

  it('never starts a version more often than allowed, however it goes', () => {
    fc.assert(
      fc.property(fc.nat(20), (starts) => {
        const step = trialStep({ ...trial, starts }, '1.1.0');
        expect(step.do === 'try').toBe(starts < allowedStarts);
      }),
    );
  });

  it('outlives any number of short sessions that end in good order', () => {
    let now = trial;
    for (let session = 0; session < 10; session += 1) {
      const step = trialStep(now, '1.1.0');
      if (step.do !== 'try') throw new Error(`session ${session}: ${step.do}`);
      now = afterOrderlyEnd(step.trial, session % 2 === 0 ? 19_999 : null);
    }
    expect(now).toEqual(trial);
    expect(afterOrderlyEnd({ ...trial, starts: 2 }, 20_000).starts).toBe(2);
  });

  it('remembers what was taken back, once, and says so', () => {
    const memory = UpdateMemory.parse({ id: '0b8f5f0e-6f0c-4c57-9d39-0c6f9f4d7d11' });
    const twice = afterTakenBack(afterTakenBack(memory, '1.1.0', 5), '1.1.0', 7);
    expect(twice.takenBack).toEqual(['1.1.0']);
    expect(twice.failed).toMatchObject({ version: '1.1.0', at: 7, failure: { code: 'update-taken-back' } });
  });

  it('is over only when all of it runs', () => {
    const well = { hasStarted: true, hasDecided: true, pageLoaded: null, ranMs: 20_000 };
    expect(isHealthy(well)).toBe(true);
    expect(isHealthy({ ...well, pageLoaded: true })).toBe(true);
    const ill = [{ hasStarted: false }, { hasDecided: false }, { pageLoaded: false }, { ranMs: 19_999 }];
    for (const change of ill) expect(isHealthy({ ...well, ...change })).toBe(false);
  });
});

describe('the next start', () => {
  it('has the switches of this one, without links, and a window only if one was open', () => {
    const argv = ['/a/gleaner-app', '--no-sandbox', '--hidden', 'gleaner://join/x', '--log-level=3'];
    expect(restartArguments(argv, false)).toEqual(['--no-sandbox', '--log-level=3', '--hidden']);
    expect(restartArguments(argv, true)).toEqual(['--no-sandbox', '--log-level=3']);
  });
});
