import type { ManagerView } from '../../contract/grids.ts';
import { plainly, type Said } from '../../contract/said.ts';

type RefusedCode = Extract<Said['code'], `refused.${string}`>;

/** Why a project that an account manager names is not joined. */
export const refusedWords: Readonly<Record<RefusedCode, string>> = {
  'refused.joined': 'It is joined already, and not by the manager.',
  'refused.no-address': 'This is not the address of a project.',
  'refused.signature': 'The account manager’s signature for it is not right.',
  'refused.no-key': 'The account manager gives no account key for it.',
  'refused.key': 'The account key that the account manager gives for it is none.',
};

/** Pure. */
export function refused(url: string, code: RefusedCode): ManagerView['refused'][number] {
  return { url, sentence: refusedWords[code], said: plainly(code) };
}
