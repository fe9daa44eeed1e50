import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProjectUrl } from '../../electron/contract/grids.ts';
import { EnrolmentUrl } from '../../electron/contract/pool-views.ts';
import { linkOf, placeOfLink } from '../../electron/shell/deep-link.ts';
import { Links } from '../../electron/shell/links.ts';
import { parseStart } from '../../electron/shell/start-options.ts';

const url = (link: string): string | undefined => placeOfLink(link)?.url;
const pool = (address: string): ReturnType<typeof placeOfLink> =>
  placeOfLink(`gleaner://pool?url=${encodeURIComponent(address)}`);

describe('a link', () => {
  it.each([
    ['gleaner://join/https%3A%2F%2Fexample.org%2Forchard%2F', 'https://example.org/orchard/'],
    ['gleaner://join/https://example.org/orchard/', 'https://example.org/orchard/'],
    ['gleaner://join?url=http%3A%2F%2Fexample.org', 'http://example.org/'],
    ['gleaner://join/?url=https://example.org:8443/a', 'https://example.org:8443/a'],
    ['GLEANER://JOIN/HTTPS://Example.ORG/Orchard/', 'https://example.org/Orchard/'],
    // A letter of another script shows as what it is.
    ['gleaner://join/https://ex%D0%B0mple.org/', 'https://xn--exmple-4nf.org/'],
  ])('%s leads to the page to join', (link, address) => {
    expect(placeOfLink(link)).toEqual({ page: 'join', url: address });
  });

  it.each([
    [
      'gleaner://pool?url=https%3A%2F%2Fpool.example.org%2Fe%2Fpc17.json',
      'https://pool.example.org/e/pc17.json',
    ],
    ['gleaner://pool/https%3A%2F%2Fpool.example.org%2Fe', 'https://pool.example.org/e'],
    ['GLEANER://Pool/?url=HTTPS://Pool.Example.ORG:8443/e', 'https://pool.example.org:8443/e'],
    ['gleaner://pool/http://127.0.0.1:8080/e.json', 'http://127.0.0.1:8080/e.json'],
    ['gleaner://pool/http://[::1]/e.json', 'http://[::1]/e.json'],
    ['gleaner://pool/http://localhost/e.json', 'http://localhost/e.json'],
  ])('%s leads to the page to join a pool', (link, address) => {
    expect(placeOfLink(link)).toEqual({ page: 'join-pool', url: address });
  });

  it.each([
    'http://pool.example.org/e.json',
    'http://127.0.0.1.example.org/e.json',
    'http://localhost.example.org/',
    'http://10.0.0.7/e.json',
    'http://0.0.0.0/e.json',
    'https://me:secret@pool.example.org/e.json',
    'https://pool.example.org/e.json?token=1',
    'https://pool.example.org/e.json#x',
    'file:///etc/passwd',
    'condor:https://pool.example.org/e.json',
    `https://pool.example.org/${'a'.repeat(500)}`,
    '',
  ])('to a pool’s enrolment at “%s” leads nowhere', (address) => {
    expect(pool(address)).toBeNull();
  });

  it.each([
    ['of another scheme', 'https://example.org/'],
    ['to nowhere', 'gleaner://'],
    ['to elsewhere', 'gleaner://leave/https://example.org/'],
    ['without an address', 'gleaner://join/'],
    ['with an empty address', 'gleaner://join?url='],
    ['with a name and password', 'gleaner://join/https://me:secret@example.org/'],
    ['with a name', 'gleaner://join/https%3A%2F%2Fme%40example.org/'],
    ['to a file', 'gleaner://join/file:///etc/passwd'],
    ['to a script', 'gleaner://join/javascript:alert(1)'],
    ['to a page of ours', 'gleaner://join/app://gleaner/'],
    ['nested', 'gleaner://join/gleaner%3A%2F%2Fjoin%2Fx'],
    ['with a line break', 'gleaner://join/https://example.org/%0Ax'],
    ['with a null', 'gleaner://join/https://example.org/%00'],
    ['with a tab in its scheme', 'gleaner://join/ht%09tps://example.org/'],
    ['with a space', 'gleaner://join/https://example.org/%20x'],
    ['with letters that turn the line around', 'gleaner://join/https://example.org/%E2%80%AEgro.live'],
    ['with a backslash', 'gleaner://join/https:%5C%5Cexample.org%5C'],
    ['with a query', 'gleaner://join/https%3A%2F%2Fexample.org%2F%3Fa%3D1'],
    ['with a fragment', 'gleaner://join/https%3A%2F%2Fexample.org%2F%23x'],
    ['badly encoded', 'gleaner://join/%E0%A4%A'],
    ['with more words', 'gleaner://join?url=https://example.org/&key=1'],
    ['with no host', 'gleaner://join/https:///x'],
    ['with a port that is none', 'gleaner://join/https://example.org:99999/'],
    ['too long', `gleaner://join/https://example.org/${'a'.repeat(500)}`],
    ['far too long', `gleaner://join/https://example.org/${'a'.repeat(100_000)}`],
  ])('%s leads nowhere', (_what, link) => {
    expect(placeOfLink(link)).toBeNull();
  });

  it('of any sort leads to a plain address or nowhere', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'https://',
        'http:',
        '//',
        '@',
        ':',
        '%',
        '%00',
        '%2F',
        '?url=',
        '#',
        '\\',
        'a.org',
        '‮',
      ),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const words = pieces.join('');
        const address = url(`gleaner://join/${words}`);
        const enrolment = url(`gleaner://pool/${words}`);
        if (enrolment !== undefined) {
          expect(enrolment).toBe(address);
          expect(EnrolmentUrl.safeParse(enrolment).success).toBe(true);
          expect(enrolment).toMatch(/^https:/);
        }
        if (address === undefined) return;
        expect(ProjectUrl.safeParse(address).success).toBe(true);
        const { protocol, username, password, search, hash } = new URL(address);
        expect(['http:', 'https:']).toContain(protocol);
        expect([username, password, search, hash]).toEqual(['', '', '', '']);
        expect(address).toMatch(/^[!-~]+$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a start', () => {
  it('with a link shows the window, whatever else is asked', () => {
    const link = 'gleaner://join/https://example.org/';
    expect(parseStart(['electron', '.', '--hidden', link])).toEqual({ hidden: false, demo: false, link });
    expect(linkOf(['electron', 'x://y', 'Gleaner:x'])).toBe('Gleaner:x');
    expect(parseStart(['electron', `gleaner:${'a'.repeat(9000)}`]).link).toHaveLength(4096);
  });
});

describe('Links', () => {
  it('keeps the latest until somebody opens them', () => {
    const app = new EventEmitter();
    const links = new Links({ app, first: 'gleaner:first' });
    let prevented = 0;
    const event = {
      preventDefault: () => {
        prevented += 1;
      },
    };
    app.emit('open-url', event, 'gleaner:second');
    const opened: string[] = [];
    expect(links.follow((link) => opened.push(link))).toBe('gleaner:second');
    app.emit('open-url', event, 'gleaner:third');
    links.hear('gleaner:fourth');
    expect(opened).toEqual(['gleaner:third', 'gleaner:fourth']);
    expect(prevented).toBe(2);
  });
});
