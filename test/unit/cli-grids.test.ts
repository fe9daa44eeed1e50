import { describe, expect, it } from 'vitest';
import { styleFor } from '../../electron/cli/io.ts';
import { parsePlace, showPlace } from '../../electron/cli/names.ts';
import { showGrid, showGrids, showKnown, showManager, showOffer } from '../../electron/cli/show-grids.ts';
import { showEntries } from '../../electron/cli/show-jobs.ts';
import { showDenials, showNetwork } from '../../electron/cli/show-network.ts';
import { type Look, showStatus } from '../../electron/cli/show-status.ts';
import { fakeSaid } from '../fakes/fake-contribution.ts';
import {
  fakeCreditEntry,
  fakeDenial,
  fakeDetail,
  fakeGrid,
  fakeKnown,
  fakeLocalGrid,
  fakeManager,
  fakeNetworkEntry,
  fakeNow,
  fakeOffer,
  fakeTask,
} from '../fakes/fake-grid-views.ts';
import { FakeGrids } from '../fakes/fake-grids.ts';
import { fakeEntry, fakeSnapshot } from '../fakes/fake-host.ts';
import { managedGrids } from '../fixtures/grids.ts';
import { useCommand } from './cli-grids-fixture.ts';

const orchard = 'boinc-orchard';
const { run, runWith, host, asked } = useCommand();

describe('gleaner grids', () => {
  it('answers in words and in JSON', async () => {
    const values: (readonly [string[], unknown])[] = [
      [['grids', 'list'], host().snapshot.grids],
      [['grids', 'show', orchard], host().grids.show(orchard)],
      [['grids', 'known'], host().grids.known],
      [
        ['grids', 'lookup', 'https://knot-atlas.example.org'],
        expect.objectContaining({ name: 'Knot Atlas' }),
      ],
      [['grids', 'update', orchard], expect.objectContaining({ id: orchard })],
      [['grids', 'suspend', orchard], expect.objectContaining({ state: 'suspended' })],
      [['grids', 'resume', orchard], expect.objectContaining({ state: 'waiting' })],
      [['grids', 'no-new-work', orchard], expect.objectContaining({ noNewWork: true })],
      [['grids', 'no-new-work', orchard, '--off'], expect.objectContaining({ noNewWork: false })],
      [['grids', 'share', orchard, '12.5'], expect.objectContaining({ share: 12.5 })],
      [['grids', 'abort', orchard, 'sieve_40961_17_0'], null],
      [['network', 'report'], expect.objectContaining({ quotaMonthBytes: null })],
      [['network', 'denied'], host().grids.denials],
      [['grids', 'leave', orchard, '--yes'], null],
      [['network', 'proxy-login', '--forget'], null],
      [['appliance', 'update'], expect.objectContaining({ updated: true })],
    ];
    for (const [argv, value] of values) {
      const ran = await run(...argv, '--json');
      expect(ran, argv.join(' ')).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(ran.stdout), argv.join(' ')).toEqual(value);
    }
    expect(asked('grids.set')).toEqual([
      { id: orchard, suspended: true },
      { id: orchard, suspended: false },
      { id: orchard, noNewWork: true },
      { id: orchard, noNewWork: false },
      { id: orchard, share: 12.5 },
    ]);
  });

  it('says in words what it did', async () => {
    expect((await run('grids', 'suspend', orchard)).stdout).toBe('Prime Orchard rests.\n');
    expect((await run('grids', 'resume', orchard)).stdout).toBe('Prime Orchard goes on.\n');
    expect((await run('grids', 'no-new-work', orchard)).stdout).toContain('gets nothing new');
    expect((await run('grids', 'share', orchard, '50')).stdout).toBe('Prime Orchard has a share of 50.\n');
    expect((await run('grids', 'abort', orchard, 'sieve_40961_17_0')).stdout).toBe(
      'Aborted sieve_40961_17_0.\n',
    );
    expect((await run('appliance', 'update')).stdout).toContain('boinc-client: 7.20.5+dfsg-1.1 →');
    expect((await run('appliance', 'update')).stdout).toMatch(
      /^The images are up to date\. They were made in \d+ d 12 h\.\n$/,
    );
  });

  it('leaves with consent only, and tells before what is lost', async () => {
    const refused = await run('grids', 'leave', orchard);
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toMatch(/^gleaner: consent-required: .*\nhint: Say --yes/);
    const unwilling = await runWith({ answers: ['n'] }, 'grids', 'leave', orchard);
    expect(unwilling.code).toBe(4);
    expect(asked('grids.leave')).toEqual([]);
    const willing = await runWith({ answers: ['Y'] }, 'grids', 'leave', orchard);
    expect(willing).toMatchObject({
      code: 0,
      questions: ['Leave Prime Orchard and delete its disk with 3 unfinished tasks? [y/N] '],
      stdout: 'Left boinc-orchard. Its disk is deleted.\n',
    });
    expect(asked('grids.leave')).toEqual([{ id: orchard }]);
  });

  it('allows and forbids one place, private ones by their name only', async () => {
    expect((await run('grids', 'allow', orchard, 'Mirror.Example.net:443')).stdout).toBe(
      'Prime Orchard may contact mirror.example.net:443.\n',
    );
    expect((await run('grids', 'allow', orchard, '10.20.0.9:8080')).code).toBe(4);
    expect((await run('grids', 'allow', orchard, '10.20.0.9:8080', '--on-company-network')).code).toBe(0);
    expect((await run('grids', 'forbid', orchard, 'mirror.example.net:443')).code).toBe(0);
    expect((await run('grids', 'forbid', orchard, 'mirror.example.net:443')).code).toBe(5);
    expect(asked('grids.allow')).toEqual([
      { id: orchard, host: 'mirror.example.net', port: 443, private: false },
      { id: orchard, host: '10.20.0.9', port: 8080, private: false },
      { id: orchard, host: '10.20.0.9', port: 8080, private: true },
    ]);
    for (const place of [
      'example.org',
      ':443',
      'example.org:0',
      'example.org:99999',
      'a b:1',
      'http://a:1',
      '::1',
    ]) {
      expect((await run('grids', 'allow', orchard, place)).code, place).toBe(2);
    }
  });

  it('knows how it is used, and that a thing is not there', async () => {
    for (const argv of [
      ['grids'],
      ['grids', 'show'],
      ['grids', 'share', orchard, 'much'],
      ['grids', 'share', orchard, '-1'],
      ['network', 'proxy-login', '--forget', '--name', 'me'],
      ['network', 'proxy-login'],
      ['manager', 'leave', '--nonsense'],
    ]) {
      expect(await run(...argv), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
    }
    expect((await run('grids', 'show', 'boinc-none')).code).toBe(5);
    expect((await run('grids', 'show', '../etc')).code).toBe(5);
    expect((await run('grids', 'abort', orchard, 'none')).code).toBe(5);
    expect((await run('manager', 'show')).code).toBe(5);
    expect(asked('grids.set')).toEqual([]);
    for (const name of ['grids', 'manager', 'network', 'appliance']) {
      expect((await run(name, '--help')).stdout, name).toContain('Commands:');
    }
    expect((await run('grids', 'join', '--help')).stdout).toContain('Examples:');
  });

  it('takes the proxy’s password from stdin or a hidden answer, never from the arguments', async () => {
    expect(
      (await runWith({ stdin: 'p w\n' }, 'network', 'proxy-login', '--name', 'me', '--password-stdin')).code,
    ).toBe(0);
    const asks = await runWith({ answers: ['me', 'pa55 word'] }, 'network', 'proxy-login');
    expect(asks.questions).toEqual(['Name: ', 'Password: *']);
    expect(asks.stdout + asks.stderr).not.toContain('pa55 word');
    expect((await run('network', 'proxy-login', '--forget')).stdout).toBe('Forgotten.\n');
    expect(asked('network.proxy-login')).toEqual([
      { login: { name: 'me', password: 'p w' } },
      { login: { name: 'me', password: 'pa55 word' } },
      { login: null },
    ]);
    const empty = await runWith(
      { stdin: '\n' },
      'network',
      'proxy-login',
      '--name',
      'me',
      '--password-stdin',
    );
    expect(empty.code).toBe(2);
  });
});

describe('gleaner manager', () => {
  const managed = useCommand(managedGrids);

  it('shows, asks and leaves the one that is joined', async () => {
    expect((await managed.run('manager', 'show')).stdout).toContain('Science Together\n');
    expect((await managed.run('manager', 'show')).stdout).toContain(
      'mac-only.example.org/: The account manager’s signature',
    );
    expect((await managed.run('manager', 'sync', '--json')).code).toBe(0);
    expect(await managed.run('grids', 'share', orchard, '5')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('setting-locked') as string,
    });
    expect((await managed.run('manager', 'leave', '--leave-projects', '--json')).stdout).toBe('null\n');
    expect(managed.asked('manager.leave')).toEqual([{ leaveProjects: true }]);
    expect((await managed.run('manager', 'show')).stderr).toContain('not-joined');
  });

  it('joins one with consent and a password that nobody sees', async () => {
    const url = 'https://united.example.org';
    expect((await run('manager', 'join', url, '--name', 'me')).code).toBe(4);
    const joined = await runWith({ answers: ['y', 'me', 'secret'] }, 'manager', 'join', url);
    expect(joined).toMatchObject({ code: 0, stderr: '' });
    expect(joined.questions).toEqual([
      'Let Science Together choose the projects of this computer? [y/N] ',
      'Name: ',
      'Password: *',
    ]);
    expect(joined.stdout).toContain('Gleaner contacts\n  united.example.org:443');
    expect(joined.stdout).not.toContain('secret');
    const piped = await runWith(
      { stdin: 'secret\r\n' },
      ...['manager', 'join', url, '--name', 'me', '--password-stdin', '--yes', '--json'],
    );
    expect(JSON.parse(piped.stdout)).toMatchObject({ name: 'Science Together', userName: 'me' });
    expect(asked('manager.join')).toEqual([
      { url: `${url}/`, name: 'me', password: 'secret', allowPrivate: false },
      { url: `${url}/`, name: 'me', password: 'secret', allowPrivate: false },
    ]);
    const project = await run('manager', 'join', 'https://knot-atlas.example.org', '--yes');
    expect(project).toMatchObject({ code: 4 });
    expect(project.stderr).toContain('hint: gleaner grids join boinc:https://knot-atlas.example.org/');
  });
});

const look: Look = { style: styleFor(false, {}), now: fakeNow, bars: false };

describe('what is shown of grids', () => {
  it('says in the status what is joined, refused and observed', () => {
    const text = showStatus(
      fakeSnapshot({
        grids: [fakeLocalGrid(), fakeGrid()],
        manager: fakeManager(),
        denials: [fakeDenial()],
        today: {
          ...fakeSnapshot().today,
          earned: [{ grid: orchard, unit: 'credit', settled: 0, pending: 0, observed: 12.3 }],
        },
      }),
      look,
    );
    expect(text).toContain('Grid local          9 queued, 3 done, 0 failed\n');
    expect(text).toContain('Prime Orchard, working, 1 queued, 14 done, 1 failed, 1204.31 credit here');
    expect(text).toContain('Manager             Science Together, as volunteer');
    expect(text).toContain('12.3 credit observed (boinc-orchard)');
    expect(text).not.toContain('0 credit');
    expect(text).toMatch(
      /Refused lately\n {2}boinc-orchard: “mirror.example.net:443” is not .* \(2 min ago, 4 times\)/,
    );
    expect(showStatus(fakeSnapshot(), look)).not.toContain('Refused');
  });

  it('tells entries of credit and of the network from attempts', () => {
    const [, attempt = '', credit = '', network = ''] = showEntries(
      [fakeEntry(), fakeCreditEntry(), fakeNetworkEntry()],
      look,
    ).split('\n');
    expect(attempt).toMatch(/job-1 +1 +done +53 s +5 points settled/);
    expect(credit).toMatch(/boinc-orchard +credit +12\.3 credit observed +from 1192\.01 to 1204\.31$/);
    expect(network).toMatch(/boinc-orchard +network +40 KiB sent, 283 KiB received, 1 host, 2 refused$/);
  });

  it('says what joining means, and what does not fit', () => {
    const text = showOffer(fakeOffer(), look);
    expect(text).toContain('Its tasks may contact, and nothing else\n  prime-orchard.example.org:443');
    expect(text).toContain('disk      at most 4 GiB');
    expect(showOffer(fakeOffer({ runsHere: false }), look)).toContain("no: it has nothing for Gleaner's VM");
    expect(showOffer(fakeOffer({ terms: 'Be kind.' }), look)).toContain('Its terms\nBe kind.');
    expect(showGrids([fakeLocalGrid()], look)).toContain('No project is joined.');
    expect(showDenials([], look)).toBe('Nothing was refused.');
  });

  it('reads places as it writes them', () => {
    for (const text of ['example.org:443', '[2001:db8::1]:8080', '10.0.0.1:80']) {
      expect(showPlace(parsePlace(text))).toBe(text);
    }
  });

  it('lets nothing through that a project wrote to steer the terminal', () => {
    const hostile = 'a\u001b[2Jb\u009b31mc\u202ed\r\u0007e';
    const grid = fakeGrid({
      name: hostile,
      sentence: hostile,
      url: hostile,
      managedBy: hostile,
      failure: { code: 'grid-refused', sentence: hostile, hint: hostile },
    });
    const denial = fakeDenial({ host: hostile, sentence: hostile });
    const report = { ...new FakeGrids().report(), proxy: hostile, denials: [denial] };
    const texts = [
      showGrids([grid], look),
      showGrid(
        fakeDetail({
          grid,
          hostId: hostile,
          userName: hostile,
          tasks: [fakeTask({ name: hostile, application: hostile, words: hostile })],
          messages: [{ at: fakeNow, title: hostile, text: hostile, priority: 'error' }],
          transfers: [
            {
              file: hostile,
              direction: 'up',
              bytes: 1,
              totalBytes: 2,
              bytesPerSecond: 0,
              words: hostile,
              said: null,
            },
          ],
          contacted: [{ grid: hostile, host: hostile, sent: 1, received: 1, lastAt: fakeNow }],
          denials: [denial],
        }),
        look,
      ),
      showKnown(
        [{ ...(fakeKnown[0] ?? expect.fail('no project')), permitted: true, about: hostile, name: hostile }],
        look,
      ),
      showOffer(fakeOffer({ name: hostile, platforms: [hostile], terms: hostile }), look),
      showManager(
        fakeManager({
          name: hostile,
          refused: [{ url: hostile, sentence: hostile, said: fakeSaid(hostile) }],
        }),
        look,
      ),
      showNetwork(report, look),
      showStatus(
        fakeSnapshot({ grids: [grid], denials: [denial], manager: fakeManager({ name: hostile }) }),
        look,
      ),
    ];
    for (const text of texts) {
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }
  });
  it('of a known project that is not permitted here is a mark', () => {
    const known = fakeKnown.slice(0, 2).map((project, at) => ({ ...project, permitted: at === 0 }));
    const [, first, second] = showKnown(known, look).split('\n');
    expect(first).not.toContain('not permitted');
    expect(second).toContain(`${fakeKnown[1]?.name ?? ''} (not permitted here)`);
  });
});
