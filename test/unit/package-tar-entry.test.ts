import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteName, type TarBounds, TarGate, type TarHeader } from '../../electron/base/tar-entry.ts';

const bounds: TarBounds = { totalBytes: 1000, entries: 50, nameBytes: 60, depth: 4 };
const file = (name: string, size = 1): TarHeader => ({ name, type: 'file', size });
const folder = (name: string): TarHeader => ({ name, type: 'directory', size: 0 });

function verdicts(headers: readonly TarHeader[]): string[] {
  const gate = new TarGate(bounds);
  return headers.map((header) => {
    const verdict = gate.check(header);
    return verdict.ok ? `${verdict.kind} ${verdict.path}` : `${verdict.fault}: ${verdict.reason}`;
  });
}

describe('tar gate', () => {
  test('passes files and folders under their clean path', () => {
    expect(verdicts([folder('./'), folder('./in/'), file('./in/book.csv'), file('in//deep/./x')])).toEqual([
      'folder ',
      'folder in',
      'file in/book.csv',
      'file in/deep/x',
    ]);
  });

  test.each([
    [file('/etc/passwd'), 'absolute'],
    [file('C:/x'), 'absolute'],
    [file('in/../../x'), 'outside'],
    [file('..'), 'outside'],
    [file('a\\..\\b'), 'backslash'],
    [file('in/a\0b'), 'control character'],
    [file('in/a\nb'), 'control character'],
    [file('in/\ufffd'), 'UTF-8'],
    [file('ä'.repeat(31)), 'more than 60 bytes'],
    [file('a/b/c/d/e'), 'more than 4 folders'],
    [file('./'), 'no name'],
    [file('x', Number.NaN), 'impossible size'],
    [file('x', -1), 'impossible size'],
    [file('x', 2 ** 60), 'impossible size'],
    [{ name: 'x', type: 'directory', size: 512 }, 'impossible size'],
    [{ name: 'x', type: 'symlink', size: 0 }, 'neither'],
    [{ name: 'x', type: 'link', size: 0 }, 'neither'],
    [{ name: 'x', type: 'fifo', size: 0 }, 'neither'],
    [{ name: 'x', type: 'block-device', size: 0 }, 'neither'],
    [{ name: 'x', type: 'character-device', size: 0 }, 'neither'],
    [{ name: 'x', type: null, size: 0 }, 'neither'],
    [{ name: 'x', type: 'file', size: 0, pax: { 'GNU.sparse.major': '1' } }, 'neither'],
  ] satisfies [TarHeader, string][])('refuses %j', (header, words) => {
    const [said] = verdicts([header]);
    expect(said).toMatch(/^invalid: /);
    expect(said).toContain(words);
  });

  test('refuses what would replace or enter something that came before', () => {
    expect(verdicts([file('a'), file('./a')])[1]).toContain('comes twice');
    expect(verdicts([folder('a'), folder('a/')])[1]).toContain('comes twice');
    expect(verdicts([file('a'), file('a/b')])[1]).toContain('inside a file');
    expect(verdicts([file('a/b'), file('a')])[1]).toContain('both a file and a folder');
    expect(verdicts([file('a'), folder('a')])[1]).toContain('both a file and a folder');
    expect(verdicts([file('a/b'), folder('a')])[1]).toBe('folder a');
  });

  test('bounds bytes and entries over the whole archive', () => {
    expect(verdicts([file('a', 600), file('b', 401)])[1]).toMatch(/^too-large: .*1000 bytes/);
    const many = verdicts(Array.from({ length: 51 }, (_, index) => file(`f${index}`)));
    expect(many[49]).toBe('file f49');
    expect(many[50]).toMatch(/^too-large: .*50 entries/);
  });

  test('whatever passes stays below the root, once, and never under a file', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '', 'c\\d', 'é', '\0');
    const name = fc.tuple(fc.boolean(), fc.array(part, { maxLength: 6 })).map(([slash, parts]) => {
      return (slash ? '/' : '') + parts.join('/');
    });
    const header = fc.record({
      name,
      type: fc.constantFrom('file', 'directory', 'symlink', null),
      size: fc.integer({ min: -1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(header, { maxLength: 60 }), (headers) => {
        const gate = new TarGate(bounds);
        const files = new Set<string>();
        let bytes = 0;
        for (const entry of headers) {
          const verdict = gate.check(entry);
          if (!verdict.ok) continue;
          const parts = verdict.path.split('/');
          expect(parts).not.toContain('..');
          expect(verdict.path.startsWith('/')).toBe(false);
          expect(files.has(verdict.path)).toBe(false);
          for (let depth = 1; depth < parts.length; depth += 1) {
            expect(files.has(parts.slice(0, depth).join('/'))).toBe(false);
          }
          if (verdict.kind === 'file') files.add(verdict.path);
          bytes += entry.size;
        }
        expect(gate.bytes).toBe(bytes);
        expect(bytes).toBeLessThanOrEqual(bounds.totalBytes);
      }),
    );
  });
});

test('a hostile name is shown quoted, short and without control characters', () => {
  expect(quoteName('a\u001b[31m\nb')).toBe('"a?[31m?b"');
  expect(quoteName('x'.repeat(500)).length).toBeLessThanOrEqual(80);
});
