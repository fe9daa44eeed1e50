import { describe, expect, it } from 'vitest';
import { fakeOffer } from '../fakes/fake-grid-views.ts';
import { useCommand } from './cli-grids-fixture.ts';

const { run, runWith, host, asked } = useCommand();
const knots = 'https://knot-atlas.example.org/';
const key = '0123456789abcdef0123456789abcdef';
const join = ['grids', 'join', `boinc:${knots}`] as const;
const contacts = [
  { host: 'knot-atlas.example.org', port: 443 },
  { host: 'files.knot-atlas.example.org', port: 443 },
];
const joined = { url: knots, contacts, allowPrivate: false, share: 100 };

describe('gleaner grids join', () => {
  it('shows what it asks for, then joins by a key from stdin', async () => {
    const ran = await runWith({ stdin: `${key}\n` }, ...join, '--key', '-', '--yes', '--share', '7');
    expect(ran).toMatchObject({ code: 0, stderr: '', questions: [] });
    expect(ran.stdout).toMatch(
      /^Knot Atlas\n[^]*Its tasks may contact, and nothing else\n {2}knot-atlas\.example\.org:443[^]*\n\nJoined Knot Atlas as boinc-knot-atlas\. It signs in/,
    );
    expect(ran.stdout).not.toContain(key);
    expect(asked('grids.join')).toEqual([{ ...joined, account: { kind: 'key', key }, share: 7 }]);
  });

  it('answers JSON with one value, what it asks for on stderr', async () => {
    const ran = await runWith({ stdin: key }, ...join, '--key', '-', '--yes', '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ id: 'boinc-knot-atlas', state: 'joining' });
    expect(ran.stderr).toContain('Its tasks may contact');
  });

  it('joins nothing without consent', async () => {
    const piped = await runWith({ stdin: key }, ...join, '--key', '-');
    expect(piped.code).toBe(4);
    expect(piped.stderr).toMatch(/^gleaner: consent-required: .*\nhint: Say --yes/);
    for (const answer of ['', 'n', 'no', 'yup']) {
      const asks = await runWith({ answers: [answer, key] }, ...join);
      expect(asks.code, answer).toBe(4);
      expect(asks.questions).toEqual(['Join Knot Atlas and let its tasks contact these places? [y/N] ']);
    }
    expect(asked('grids.join')).toEqual([]);
  });

  it('asks a person for consent and a key, which is not shown', async () => {
    const ran = await runWith({ answers: ['yes', ` ${key} `] }, ...join);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.questions.at(-1)).toBe('Account key: *');
    expect(asked('grids.join')).toEqual([{ ...joined, account: { kind: 'key', key } }]);
  });

  it('signs in by e-mail and password', async () => {
    const account = { kind: 'login', email: 'me@example.org', password: 'correct horse' };
    const email = ['--email', 'me@example.org'];
    expect(
      (await runWith({ stdin: 'correct horse\n' }, ...join, ...email, '--password-stdin', '--yes')).code,
    ).toBe(0);
    host().grids.details.delete('boinc-knot-atlas');
    const asks = await runWith({ answers: ['correct horse'] }, ...join, ...email, '--yes');
    expect(asks).toMatchObject({ code: 0, questions: ['Password: *'] });
    expect(asked('grids.join')).toEqual([
      { ...joined, account },
      { ...joined, account },
    ]);
    host().grids.details.delete('boinc-knot-atlas');
    const refused = await runWith({ stdin: 'wrong' }, ...join, ...email, '--password-stdin', '--yes');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('gleaner: account-refused:');
    expect(refused.stdout + refused.stderr).not.toContain('"wrong"');
  });

  it('makes an account, and asks to agree to the terms', async () => {
    const tides = [
      'grids',
      'join',
      'https://tide-tables.example.org',
      '--create',
      '--email',
      'me@example.org',
    ];
    const given = [...tides, '--name', 'Me', '--password-stdin', '--yes'];
    const stdin = 'long enough password\n';
    const unread = await runWith({ stdin }, ...given);
    expect(unread.code).toBe(4);
    expect(unread.stdout).toContain('You agree that results are published.');
    expect(unread.stderr).toContain('hint: Say --agree-terms');
    expect((await runWith({ stdin: 'short\n' }, ...given, '--agree-terms')).code).toBe(4);
    expect(asked('grids.join')).toEqual([]);
    expect((await runWith({ stdin }, ...given, '--agree-terms')).code).toBe(0);
    host().grids.details.delete('boinc-tide-tables');
    const asks = await runWith({ answers: ['y', 'Me', 'y', 'long enough password'] }, ...tides);
    expect(asks.questions).toEqual([
      'Join Tide Tables and let its tasks contact these places? [y/N] ',
      'Name that others see: ',
      'Do you agree to its terms above? [y/N] ',
      'Password: *',
    ]);
    const account = {
      kind: 'create',
      email: 'me@example.org',
      password: 'long enough password',
      name: 'Me',
      agreed: true,
    };
    expect(asked('grids.join')).toMatchObject([{ account }, { account }]);
  });

  it('says before it asks for a secret what cannot be joined so', async () => {
    const answers = ['y', key];
    const mac = await runWith({ answers }, 'grids', 'join', 'boinc:https://mac-only.example.org');
    expect(mac).toMatchObject({ code: 4, questions: [] });
    expect(mac.stderr).toContain('gleaner: grid-unsupported: Apple Study has no work');
    const manager = await runWith({ answers }, 'grids', 'join', 'https://united.example.org');
    expect(manager).toMatchObject({ code: 4, questions: [] });
    expect(manager.stderr).toContain('hint: gleaner manager join https://united.example.org/');
    const nowhere = await runWith({ answers }, 'grids', 'join', 'https://nowhere.example.org');
    expect(nowhere).toMatchObject({ code: 1, stdout: '', questions: [] });
    host().grids.offers.set(knots, fakeOffer({ url: knots, canCreateAccount: false }));
    const create = await runWith({ answers: ['y'] }, ...join, '--create', '--email', 'me@example.org');
    expect(create.code).toBe(4);
    expect(create.stderr).toContain('join with its key');
  });

  it('needs it said that a private address is the company’s', async () => {
    const acme = ['grids', 'join', 'https://grid.acme.example', '--key', '-', '--yes'];
    const refused = await runWith({ stdin: key }, ...acme);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain("hint: If it is on your company's network, say --on-company-network.");
    expect((await runWith({ stdin: key }, ...acme, '--on-company-network')).code).toBe(0);
    expect(asked('grids.join')).toMatchObject([{ allowPrivate: true }]);
    // Whoever says it needlessly opens nothing by that.
    await runWith({ stdin: key }, ...join, '--key', '-', '--yes', '--on-company-network');
    expect(asked('grids.join')).toMatchObject([{}, { allowPrivate: false }]);
  });

  it('takes no secret from the arguments, and none that is no line', async () => {
    const argv = await run(...join, '--key', key, '--yes');
    expect(argv).toMatchObject({ code: 2, stdout: '' });
    expect(argv.stderr).not.toContain(key);
    expect((await run(...join, '--yes', '--password', 'x')).code).toBe(2);
    expect((await run(...join, '--yes')).code).toBe(2);
    expect((await runWith({ stdin: '' }, ...join, '--key', '-', '--yes')).code).toBe(2);
    expect((await runWith({ stdin: 'two\nlines\n' }, ...join, '--key', '-', '--yes')).code).toBe(2);
    expect((await runWith({ stdin: 'short' }, ...join, '--key', '-', '--yes')).code).toBe(4);
    expect((await runWith({ answers: ['y'] }, ...join)).code).toBe(2);
    expect(asked('grids.join')).toEqual([]);
  });
});
