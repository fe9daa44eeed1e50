import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManagerReply, type ProjectFacts } from '../../electron/grid/boinc/messages.ts';
import { refused as refusal } from '../../electron/grid/boinc/refused.ts';
import { readManagerReply, writeRequest } from '../../electron/grid/boinc/web-manager.ts';
import { findElement, flagOf, parseXml, textOf } from '../../electron/grid/boinc/xml.ts';
import { makeBoincSigner } from '../fakes/boinc-signing.ts';
import { failureOf } from './boinc-wire-fixture.ts';

const signer = makeBoincSigner();
const facts: ProjectFacts = {
  kind: 'manager',
  url: 'https://manager.example/',
  name: 'All Projects',
  platforms: [],
  canCreateAccount: false,
  usesName: true,
  minPasswordLength: 6,
  terms: null,
  schedulers: [],
  signingKey: null,
};
const asked = {
  facts,
  name: 'ana <a@b>',
  passwordHash: 'f'.repeat(32),
  opaque: null as string | null,
  hostCpid: 'c'.repeat(32),
  projects: [
    {
      url: 'https://tides.example/',
      name: 'Tides & Dunes',
      hostId: '17',
      share: 50,
      suspended: true,
      noNewWork: false,
    },
  ],
};
const key = 'a'.repeat(32);
const account = (url: string, inside = '', signature = signer.signText(url)): string => `<account>
  <url>${url.replaceAll('&', '&amp;')}</url>
  <url_signature>\n${signature}</url_signature>
  ${inside}
</account>`;
const reply = (
  inside: string,
  signingKey = signer.publicKey,
): string => `<?xml version="1.0" encoding="ISO-8859-1" ?>
<acct_mgr_reply>
  <name>All &amp; Projects</name>
  <signing_key>\n${signingKey}</signing_key>
  <repeat_sec>43200.000000</repeat_sec>
  ${inside}
</acct_mgr_reply>`;
const read = (body: string, o: Partial<typeof asked> = {}) => readManagerReply(body, { ...asked, ...o });

describe('the request to an account manager', () => {
  const request = writeRequest({ ...asked, opaque: '<token>a&b</token>' });

  it('says who asks and what is joined', () => {
    const root = findElement(parseXml(request, 'We'), 'acct_mgr_request');
    expect(textOf(root, 'name', 99)).toBe('ana <a@b>');
    expect(textOf(root, 'password_hash', 99)).toBe(asked.passwordHash);
    expect(textOf(root, 'host_cpid', 99)).toBe(asked.hostCpid);
    const project = root && findElement(root, 'project');
    expect(textOf(project, 'url', 99)).toBe('https://tides.example/');
    expect(textOf(project, 'project_name', 99)).toBe('Tides & Dunes');
    expect([flagOf(project, 'suspended_via_gui'), flagOf(project, 'dont_request_more_work')]).toEqual([
      true,
      false,
    ]);
  });

  it('hands back what is opaque as it was', () => {
    expect(request).toContain('<opaque>\n<token>a&b</token>\n</opaque>');
    expect(writeRequest(asked)).not.toContain('opaque');
  });

  it('gives away no password, no account key, and no name of this computer', () => {
    expect(request).not.toMatch(/gui_rpc|account_key|authenticator|ip_addr/);
    expect([...request.matchAll(/<domain_name>(.*?)<\/domain_name>/g)].map(([, name]) => name)).toEqual([
      'gleaner',
      'gleaner',
    ]);
  });
});

describe('the reply of an account manager', () => {
  it('is read with all that it may say of an account', () => {
    const inside = `<opaque>\n<x>1 & 2</x>\n</opaque>
      ${account('https://tides.example/', '<update>1</update>')}
      ${account(
        'http://dunes.example/boinc',
        `<authenticator>42_${key}</authenticator><resource_share>12.500000</resource_share><suspend>1</suspend>
         <dont_request_more_work>1</dont_request_more_work><detach_when_done>0</detach_when_done><unknown><x/></unknown>`,
      )}
      ${account('https://old.example/', '<detach>1</detach><detach_when_done/>')}
      <global_preferences><run_on_batteries>1</run_on_batteries></global_preferences>`;
    expect(ManagerReply.parse(read(reply(inside)))).toEqual({
      name: 'All & Projects',
      userName: 'ana <a@b>',
      opaque: '<x>1 & 2</x>',
      signingKey: signer.publicKey.trim(),
      repeatSeconds: 43_200,
      accounts: [
        {
          url: 'https://tides.example/',
          key: '',
          share: null,
          suspended: null,
          noNewWork: null,
          detach: false,
          detachWhenDone: false,
        },
        {
          url: 'http://dunes.example/boinc/',
          key: `42_${key}`,
          share: 12.5,
          suspended: true,
          noNewWork: true,
          detach: false,
          detachWhenDone: false,
        },
        {
          url: 'https://old.example/',
          key: '',
          share: null,
          suspended: null,
          noNewWork: null,
          detach: true,
          detachWhenDone: true,
        },
      ],
      refused: [],
    });
  });

  it('refuses accounts one by one', () => {
    const withKey = `<authenticator>${key}</authenticator>`;
    const { accounts, refused } = read(
      reply(
        [
          account('https://good.example/', withKey),
          account('https://forged.example/', withKey, makeBoincSigner().signText('https://forged.example/')),
          account('https://swapped.example/', withKey, signer.signText('https://good.example/')),
          account('https://unsigned.example/', withKey, ''),
          account('ftp://odd.example/', withKey),
          account('https://keyless.example/'),
          account('https://quoted.example/', `<authenticator>a' or 1=1 --${key}</authenticator>`),
          `<account>${withKey}</account>`,
        ].join('\n'),
      ),
    );
    expect(accounts.map(({ url }) => url)).toEqual(['https://good.example/']);
    expect(refused).toEqual([
      refusal('https://forged.example/', 'refused.signature'),
      refusal('https://swapped.example/', 'refused.signature'),
      refusal('https://unsigned.example/', 'refused.signature'),
      refusal('ftp://odd.example/', 'refused.no-address'),
      refusal('https://keyless.example/', 'refused.no-key'),
      refusal('https://quoted.example/', 'refused.key'),
      refusal('', 'refused.no-address'),
    ]);
  });

  it('holds to the key that it was joined with', () => {
    const known = { ...facts, signingKey: `\n${signer.publicKey.replaceAll('\n', '\r\n')}` };
    expect(read(reply(''), { facts: known }).accounts).toEqual([]);
    expect(failureOf(() => read(reply('', makeBoincSigner().publicKey), { facts: known })).code).toBe(
      'signature-invalid',
    );
    expect(failureOf(() => read(reply('', ''))).code).toBe('signature-invalid');
    expect(failureOf(() => read(reply('').replace(/<signing_key>[^]*<\/signing_key>/, ''))).code).toBe(
      'signature-invalid',
    );
  });

  it.each([
    ['<error_num>-206</error_num>', 'account-refused', 'All Projects does not accept this password.'],
    [
      '<error_num>-136</error_num><error_msg>x</error_msg>',
      'account-refused',
      'All Projects has no account with this name.',
    ],
    ['<error>Come\u0007 back <i>later</error>', 'grid-refused', 'All Projects refused: “Come back”.'],
    ['<error_msg>Come <i>back</error_msg>', 'grid-refused', 'All Projects refused: “Come <i>back”.'],
    ['<error_num>-4711</error_num>', 'grid-refused', 'All Projects refused: error -4711.'],
  ])('tells %s', (inside, code, sentence) => {
    expect(failureOf(() => read(reply(inside)))).toMatchObject({ code, sentence });
  });

  it('keeps the time between two requests within reason', () => {
    const seconds = (text: string): number =>
      read(reply('').replace(/<repeat_sec>.*<\/repeat_sec>/, text)).repeatSeconds;
    expect(
      [
        '',
        '<repeat_sec>0</repeat_sec>',
        '<repeat_sec>1</repeat_sec>',
        '<repeat_sec>1e12</repeat_sec>',
        '<repeat_sec>-5</repeat_sec>',
      ].map(seconds),
    ).toEqual([86_400, 86_400, 60, 30 * 86_400, 86_400]);
  });

  it('refuses to be told too much', () => {
    const many = Array.from({ length: 100 }, (_, i) => account(`https://p${i}.example/`, '', 'ab')).join('');
    expect(ManagerReply.parse(read(reply(many))).refused).toHaveLength(64);
    expect(failureOf(() => read(reply(`<opaque>${'x'.repeat(20_000)}</opaque>`))).code).toBe('grid-protocol');
    expect(failureOf(() => read('<html></html>')).code).toBe('grid-protocol');
    expect(read(reply('<opaque>open')).opaque).toBeNull();
  });

  it('stays within the bounds of the host whatever it reads', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '<account>',
        '</account>',
        '<url>',
        '</url>',
        '<opaque>',
        '</opaque>',
        '<name>',
        account('https://a.example/'),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          expect(ManagerReply.safeParse(read(reply(pieces.join('')))).error).toBeUndefined();
        } catch (error) {
          expect(error).toMatchObject({ name: 'GleanerError' });
        }
      }),
    );
  });
});
