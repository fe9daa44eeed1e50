import type { WebContents } from 'electron';
import { z } from 'zod';
import type { Log } from '../base/log.ts';
import type { Answer, HostApi } from '../contract/commands.ts';
import { fromFailure, GleanerError } from '../contract/failures.ts';
import { dispatchDownload, failureAnswer, requireDownload } from './dispatch.ts';

/** What a page may propose to call a file: no place, nothing hidden, and an end that no system runs. */
const SuggestedName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}\.(csv|json|tar|tar\.gz)$/);

/** Asks the person where to, and writes files for them; the shell's. */
export interface SaveDesk {
  /**
   * Opens `bytes` when the person has chosen a place, never before, and writes them there. Resolves with what the
   * file is called, with null when they thought better of it; rejects `wrong-phase` while they are asked already, `storage-failed`, and what `bytes` rejects with.
   */
  save(
    contents: WebContents,
    suggestedName: string,
    bytes: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<string | null>;
}

/** What the file is called, null when there is none; the page is not told in which folder. */
export type Saved = { readonly saved: string | null };

/** Saves what a download streams, for a page that is ours. Never rejects. */
export async function saveForPage(
  o: { readonly api: HostApi; readonly log: Log; readonly desk: SaveDesk },
  contents: WebContents,
  asked: { readonly name: string; readonly input: unknown; readonly suggestedName: unknown },
): Promise<Answer<Saved>> {
  const { api, log, desk } = o;
  const { name, input } = asked;
  try {
    requireDownload(name, input);
    const suggestedName = SuggestedName.safeParse(asked.suggestedName);
    if (!suggestedName.success) throw new GleanerError('bad-request', 'A file cannot be called that.');
    const saved = await desk.save(contents, suggestedName.data, async () => {
      const answer = await dispatchDownload(api, log, name, input);
      if (!answer.ok) throw fromFailure(answer.failure);
      return answer.value;
    });
    return { ok: true, value: { saved } };
  } catch (error) {
    return failureAnswer(error, name, log);
  }
}
