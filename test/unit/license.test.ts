import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const read = async (name: string) => await readFile(new URL(`../../${name}`, import.meta.url), 'utf8');

test('the licence that package.json names is there', async () => {
  expect(JSON.parse(await read('package.json'))).toMatchObject({ license: 'MIT' });
  const text = await read('LICENSE');
  expect(text).toMatch(/^MIT License\n\nCopyright \(c\) 2026 The Gleaner authors\n/);
  expect(text).toContain('Permission is hereby granted, free of charge');
});
