import { type FailureCode, GleanerError } from '../../contract/failures.ts';

/** Of BOINC's lib/error_numbers.h. */
export const inProgress = -204;

interface Meaning {
  readonly code: FailureCode;
  /** After "X ": a whole predicate. */
  readonly words: string;
  readonly hint?: string;
}

const wrongKey: Meaning = {
  code: 'account-refused',
  words: 'does not know this account key',
  hint: 'Copy it anew from the page of your account on the project’s web site.',
};
const noAccount: Meaning = {
  code: 'account-refused',
  words: 'has no account with this name',
  hint: 'Check the spelling, or make an account first.',
};
const wrongPassword: Meaning = {
  code: 'account-refused',
  words: 'does not accept this password',
  hint: 'Passwords are told apart by upper and lower case. A lost one is renewed on its web site.',
};
const nameTaken: Meaning = {
  code: 'account-refused',
  words: 'has an account with this e-mail address already, with another password',
  hint: 'Sign in with that account, or use another address.',
};
const down: Meaning = {
  code: 'grid-unreachable',
  words: 'is down for maintenance',
  hint: 'Projects are for some hours, now and then. Try again later.',
};
const unreachable: Meaning = {
  code: 'grid-unreachable',
  words: 'cannot be reached',
  hint: 'Check the address and your connection, and try again later.',
};
const cannotWrite: Meaning = {
  code: 'agent-failed',
  words: 'cannot be joined: the BOINC client cannot write its files',
};

const meanings: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [-107, unreachable],
  [-108, cannotWrite],
  [-109, cannotWrite],
  [-112, { code: 'grid-protocol', words: 'sent something that the BOINC client cannot read' }],
  [-113, unreachable],
  [-130, { code: 'already-joined', words: 'is joined already' }],
  [-136, noAccount],
  [-137, nameTaken],
  [-138, down],
  [-155, wrongKey],
  [-161, noAccount],
  [-182, unreachable],
  [-183, down],
  [-184, unreachable],
  [
    -188,
    {
      code: 'account-refused',
      words: 'does not accept this name',
      hint: 'Use another name: letters, digits, spaces.',
    },
  ],
  [
    -189,
    {
      code: 'bad-request',
      words: 'has an address that the BOINC client cannot use',
      hint: 'Copy the address from the project’s web site.',
    },
  ],
  [
    -190,
    {
      code: 'grid-unsupported',
      words: 'needs a newer BOINC client',
      hint: '"gleaner appliance update" builds the image with the newest one there is.',
    },
  ],
  [-201, { code: 'agent-failed', words: 'cannot be joined: the BOINC client is set to join no projects' }],
  [-203, unreachable],
  [
    -205,
    { code: 'account-refused', words: 'does not accept this e-mail address', hint: 'Use another address.' },
  ],
  [-206, wrongPassword],
  [-207, nameTaken],
  [
    -208,
    {
      code: 'account-refused',
      words: 'lets nobody make an account from here',
      hint: 'Make one on its web site, and join with it.',
    },
  ],
  [
    -209,
    {
      code: 'account-refused',
      words: 'asks for an invitation',
      hint: 'Make an account on its web site, and join with it.',
    },
  ],
  [-210, unreachable],
  [-211, { code: 'grid-protocol', words: 'sent something that the BOINC client cannot read' }],
  [-212, wrongKey],
  [-213, cannotWrite],
  [-214, down],
  [-224, unreachable],
]);

/**
 * What BOINC's error number means for a person. `who` begins the sentence: "The project"; `said` is what it wrote
 * itself, cleaned, and shown where the number says little.
 */
export function boincFailure(
  number: number,
  { who, said = '' }: { who: string; said?: string },
): GleanerError {
  const meaning = meanings.get(number);
  if (meaning) return new GleanerError(meaning.code, `${who} ${meaning.words}.`, meaning.hint);
  const words = said === '' ? `error ${number}` : `“${said.slice(0, 300)}”`;
  return new GleanerError('grid-refused', `${who} refused: ${words}.`);
}
