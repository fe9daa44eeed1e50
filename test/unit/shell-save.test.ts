import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SaveDialogReturnValue, WebContents } from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GleanerError } from '../../electron/contract/failures.ts';
import { SaveDialogs } from '../../electron/shell/save-desk.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Nothing of it is touched. */
const contents = undefined as unknown as WebContents;
const chosen = (name: string): SaveDialogReturnValue => ({ canceled: false, filePath: join(dir, name) });
const source =
  (...pieces: readonly string[]) =>
  () =>
    Promise.resolve(bytesOf(pieces));

async function* bytesOf(pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
}

function deskThatAnswers(answer: SaveDialogReturnValue | Promise<SaveDialogReturnValue>) {
  const asked: (string | undefined)[] = [];
  const desk = new SaveDialogs({
    ask: (_contents, { title, defaultPath }) => {
      asked.push(title, defaultPath);
      return Promise.resolve(answer);
    },
    folder: () => '/home/me/Downloads',
    title: () => 'Save it',
  });
  return { desk, asked };
}

describe('saving for the window', () => {
  it('proposes a name where downloads go, and writes what comes to where the person says, for them alone', async () => {
    const { desk, asked } = deskThatAnswers(chosen('mine.csv'));
    await writeFile(join(dir, 'mine.csv'), 'before');
    expect(await desk.save(contents, 'earnings.csv', source('one,', 'two'))).toBe('mine.csv');
    expect(asked).toEqual(['Save it', '/home/me/Downloads/earnings.csv']);
    expect(await readFile(join(dir, 'mine.csv'), 'utf8')).toBe('one,two');
    expect(await readdir(dir)).toEqual(['mine.csv']);
    if (process.platform !== 'win32') expect((await stat(join(dir, 'mine.csv'))).mode & 0o777).toBe(0o600);
  });

  it('asks the host for nothing when the person thinks better of it', async () => {
    const { desk } = deskThatAnswers({ canceled: true, filePath: '' });
    const bytes = (): Promise<never> => Promise.reject(new Error('was asked'));
    expect(await desk.save(contents, 'a.csv', bytes)).toBeNull();
  });

  it('leaves nothing, and what was there as it was, when the bytes break off', async () => {
    const { desk } = deskThatAnswers(chosen('a.csv'));
    await writeFile(join(dir, 'a.csv'), 'before');
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('half'));
      throw new GleanerError('host-not-running', 'Gone.');
    };
    await expect(desk.save(contents, 'a.csv', () => Promise.resolve(broken()))).rejects.toMatchObject({
      code: 'host-not-running',
    });
    expect(await readdir(dir)).toEqual(['a.csv']);
    expect(await readFile(join(dir, 'a.csv'), 'utf8')).toBe('before');
    // And the next may be saved.
    expect(await desk.save(contents, 'a.csv', source('after'))).toBe('a.csv');
  });

  it('says so when the place cannot be written to', async () => {
    const { desk } = deskThatAnswers(chosen('no/such/folder.csv'));
    await expect(desk.save(contents, 'a.csv', source('x'))).rejects.toMatchObject({ code: 'storage-failed' });
  });

  it('asks one question at a time, and is let go of while one stands open', async () => {
    const { desk, asked } = deskThatAnswers(new Promise(() => undefined));
    const first = desk.save(contents, 'a.csv', source('x'));
    await expect(desk.save(contents, 'b.csv', source('y'))).rejects.toMatchObject({ code: 'wrong-phase' });
    await desk.dispose();
    expect(await first).toBeNull();
    expect(asked).toHaveLength(2);
    await expect(desk.save(contents, 'c.csv', source('z'))).rejects.toMatchObject({ code: 'wrong-phase' });
  });

  it('gives up what is being written when it is let go of', async () => {
    const { desk } = deskThatAnswers(chosen('a.csv'));
    let started = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      started = resolve;
    });
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      started();
      await new Promise(() => undefined);
    };
    const saving = desk.save(contents, 'a.csv', () => Promise.resolve(endless()));
    const failed = expect(saving).rejects.toThrow();
    await begun;
    await desk.dispose();
    await failed;
    expect(await readdir(dir)).toEqual([]);
  });
});
