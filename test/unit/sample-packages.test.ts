import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BookRow, parseBook } from '../../electron/grid/local/judge-book.ts';
import { readPackage } from '../../electron/grid/local/package.ts';
import { packageTar, type SamplePackage, samplePackages } from '../../electron/grid/local/sample.ts';

const sampleDir = fileURLToPath(new URL('../../resources/sample', import.meta.url));

async function all(): Promise<SamplePackage[]> {
  const found: SamplePackage[] = [];
  for await (const sample of samplePackages(sampleDir)) found.push(sample);
  return found;
}

function bookOf({ files }: SamplePackage): readonly BookRow[] {
  const book = parseBook(files.find(({ path }) => path === 'in/book.csv')?.content ?? '');
  if (typeof book === 'string') throw new Error(book);
  return book;
}

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('the book is split into ten jobs of five options, each option once', async () => {
  const samples = await all();
  expect(samples.map((sample) => bookOf(sample).length)).toEqual(Array.from({ length: 10 }, () => 5));
  const rows = samples.flatMap(bookOf);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(50);
  const kinds = new Set(rows.map(({ style, right }) => `${style} ${right}`));
  expect([...kinds].sort()).toEqual(['asian call', 'asian put', 'european call', 'european put']);
});

test('every job says what it is, checkpoints, is checked and earns a point per option', async () => {
  const samples = await all();
  const titles = samples.map(({ document }) => document.title);
  expect(titles[0]).toBe('Option book, part 1 of 10');
  expect(new Set(titles).size).toBe(10);
  for (const { document } of samples) {
    expect(document).toMatchObject({
      appliance: 'base',
      network: 'none',
      checkpoint: { interval: 5 },
      price: { amount: 5, unit: 'points' },
      check: 'option-prices',
    });
  }
});

test('the packages are taken by the door that everybody uses', async () => {
  for (const [index, sample] of (await all()).entries()) {
    const found = await readPackage([packageTar(sample)], join(dir, String(index)));
    expect(found.document).toEqual(sample.document);
    expect(found.inputFiles).toBe(2);
    expect((await stat(found.inputTarPath)).size % 512).toBe(0);
  }
});
