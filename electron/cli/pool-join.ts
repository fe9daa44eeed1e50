import { unlink } from 'node:fs/promises';
import { enrolmentBytesMax } from '../contract/pool.ts';
import { type EnrolmentSource, EnrolmentUrl } from '../contract/pool-views.ts';
import { needConsent } from './ask.ts';
import { lookOf } from './command.ts';
import { type Context, print, tellIfNotRunning, UsageError, withDoor } from './context.ts';
import type { Io } from './io.ts';
import { readText } from './read-text.ts';
import { showPoolOffer } from './show-joined-pool.ts';
import { cleanLine } from './text.ts';

export interface PoolJoinOptions {
  readonly json: boolean;
  readonly yes: boolean;
  readonly share: number;
  /** Deletes the enrolment file once the pool is joined. */
  readonly deleteFile: boolean;
}

/** How a pool is named among the arguments of `grids join`. */
export const poolPrefix = 'condor:';

/**
 * `grids join condor:FILE`: shows what the enrolment means, and joins with consent. The enrolment holds a secret: nothing of
 * it is shown. Rejects with UsageError, `consent-required`, and as `pools.lookup` and `pools.join` do.
 * @param where what stands behind `condor:`: a file, `-` for stdin, or an address
 */
export async function joinPool(context: Context, where: string, options: PoolJoinOptions): Promise<void> {
  const { io } = context;
  const { json, yes, share, deleteFile } = options;
  const { from, path } = await readEnrolment(io, where);
  if (deleteFile && path === null) {
    throw new UsageError('There is no file to be deleted.', 'Leave --delete-file out.');
  }
  const grid = await withDoor(context, async (door) => {
    const offer = await door.call('pools.lookup', { from });
    const words = `${showPoolOffer(offer, lookOf(context))}\n\n`;
    // JSON is one value, so what is shown before it goes where questions go.
    if (json) io.err(words);
    else await io.out(words);
    const question = `Join ${cleanLine(offer.name)} as ${offer.host}, and let its virtual machine contact these places?`;
    await needConsent(io, yes, question, '--yes');
    tellIfNotRunning(io, json, door);
    return await door.call('pools.join', {
      from,
      contacts: offer.contacts.map(({ host, port }) => ({ host, port })),
      share,
    });
  });
  await print(
    io,
    json,
    grid,
    ({ id, name, sentence }) => `Joined ${cleanLine(name)} as ${id}. ${cleanLine(sentence)}`,
  );
  if (path !== null) io.err(`${await doneWith(path, deleteFile)}\n`);
}

async function readEnrolment(
  io: Io,
  where: string,
): Promise<{ readonly from: EnrolmentSource; readonly path: string | null }> {
  if (where === '') {
    throw new UsageError('The enrolment is not named.', 'gleaner grids join condor:enrolment.json');
  }
  if (/^https?:\/\//i.test(where)) {
    const url = EnrolmentUrl.safeParse(where);
    if (url.success) return { from: { kind: 'url', url: url.data }, path: null };
    throw new UsageError(
      'This is no address of an enrolment.',
      'It is written like https://example.org/e/pc17.json',
    );
  }
  const isStdin = where === '-';
  const text = isStdin ? await io.readIn(enrolmentBytesMax) : await readText(where, enrolmentBytesMax);
  if (text === '')
    throw new UsageError('The enrolment is empty.', 'gleaner grids join condor:enrolment.json');
  return { from: { kind: 'text', text }, path: isStdin ? null : where };
}

/** What became of the file, in a sentence. A file that cannot be deleted is no reason to fail: the pool is joined. */
async function doneWith(path: string, deletes: boolean): Promise<string> {
  const file = cleanLine(path);
  if (!deletes) return `The enrolment in ${file} is of no more use: delete it.`;
  try {
    await unlink(path);
    return `Deleted ${file}.`;
  } catch {
    return `${file} could not be deleted, and is of no more use: delete it.`;
  }
}
