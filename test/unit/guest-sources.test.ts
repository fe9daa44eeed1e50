import { expect, test } from 'vitest';
import { mirrorOf } from '../../resources/guest/build/sources.ts';

const list = (text: string, name = '/etc/apt/sources.list') => [{ name, text }];
const deb822 = (text: string) => [{ name: '/etc/apt/sources.list.d/debian.sources', text }];

test('takes the mirror of a one-line source, with options and a trailing slash', () => {
  const text =
    '# comment\ndeb [arch=amd64 signed-by=/k.gpg] https://mirror.example/debian/ bookworm main contrib\n';
  expect(mirrorOf(list(text))).toBe('https://mirror.example/debian');
});

test('takes the mirror of a deb822 stanza', () => {
  const text = [
    'Types: deb deb-src',
    '# a comment inside',
    'URIs: http://mirror.example/debian',
    'Suites: bookworm bookworm-updates',
    'Components: main',
  ].join('\n');
  expect(mirrorOf(deb822(text))).toBe('http://mirror.example/debian');
});

test('reads fields continued over several lines', () => {
  const text =
    'Types: deb\nURIs:\n http://one.example/debian\n http://two.example/debian\nSuites: sid\nComponents: main\n';
  expect(mirrorOf(deb822(text))).toBe('http://one.example/debian');
});

test('passes over security archives, other people and other distributions', () => {
  expect(mirrorOf(list('deb http://mirror.example/debian-security bookworm-security main'))).toBeUndefined();
  expect(mirrorOf(list('deb https://repo.example/node_20.x nodistro main'))).toBeUndefined();
  expect(mirrorOf(list('deb http://archive.example/ubuntu noble main'))).toBeUndefined();
  expect(mirrorOf(list('deb http://tools.example/debian stable non-free'))).toBeUndefined();
  expect(mirrorOf(list('deb cdrom:[disk]/debian bookworm main'))).toBeUndefined();
});

test('passes over sources that are commented out, disabled, or of source packages only', () => {
  expect(mirrorOf(list('# deb http://mirror.example/debian bookworm main'))).toBeUndefined();
  expect(mirrorOf(list('deb-src http://mirror.example/debian bookworm main'))).toBeUndefined();
  const stanza = 'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n';
  expect(mirrorOf(deb822(`Enabled: no\n${stanza}`))).toBeUndefined();
  expect(mirrorOf(deb822(stanza.replace('deb\n', 'deb-src\n')))).toBeUndefined();
});

test('finds the one good stanza among others', () => {
  const other =
    'Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main';
  const good = 'Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main non-free';
  expect(mirrorOf(deb822(`${other}\n\n${good}\n`))).toBe('http://mirror.example/debian');
});

test('takes the security archive where it is asked for, and that one only', () => {
  const security = 'deb http://mirror.example/debian-security bookworm-security main';
  expect(mirrorOf(list(security), 'security')).toBe('http://mirror.example/debian-security');
  expect(mirrorOf(list('deb http://mirror.example/debian bookworm main'), 'security')).toBeUndefined();
  expect(
    mirrorOf(list('deb http://mirror.example/debian-security bookworm main'), 'security'),
  ).toBeUndefined();
  const stanzas =
    'Types: deb\nURIs: http://one.example/debian\nSuites: trixie trixie-updates\nComponents: main\n\n' +
    'Types: deb\nURIs: http://two.example/debian-security/\nSuites: trixie-security\nComponents: main\n';
  expect(mirrorOf(deb822(stanzas), 'security')).toBe('http://two.example/debian-security');
  expect(mirrorOf(deb822(stanzas))).toBe('http://one.example/debian');
});
