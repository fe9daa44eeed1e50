import { GleanerError } from '../../contract/failures.ts';
import { Enrolment, enrolmentBytesMax } from '../../contract/pool.ts';
import type { Web } from '../web/dial.ts';
import { fetchPage } from '../web/http.ts';
import { parseWebUrl } from '../web/url.ts';

/** An enrolment that lies on the web. Rejects `enrolment-invalid`, and as `fetchPage` does. */
export async function readEnrolment(web: Web, address: string): Promise<Enrolment> {
  const url = parseWebUrl(address);
  if (!url) throw invalid('its address is none');
  const { status, body } = await fetchPage(web, { url, secret: true, maxBytes: enrolmentBytesMax });
  if (status !== 200) throw invalid(`the server answers with status ${status}`);
  return parseEnrolment(body);
}

/** Throws `enrolment-invalid`, with no word of the token in it. Pure. */
export function parseEnrolment(text: string): Enrolment {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
  const enrolment = Enrolment.safeParse(document);
  if (enrolment.success) return enrolment.data;
  const [issue] = enrolment.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw invalid(`${where === '' ? 'the document' : where} is not as it should be`);
}

function invalid(why: string): GleanerError {
  return new GleanerError(
    'enrolment-invalid',
    `This enrolment cannot be used: ${why}.`,
    'Ask who administers the pool for a new one.',
  );
}
