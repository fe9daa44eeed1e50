import {
  CheckId,
  checkCodes,
  commonCodes,
  FailureCode,
  GridKind,
  GridState,
  Rung,
  SettingKey,
  Signals,
  Snapshot,
  vmPhases,
} from '../contract/index.ts';
import { supportFiles } from './support-words.ts';

/** Topics of the log, and words of its lines that no list of the contract has. */
const plainWords =
  'app appliance base bundle client computer control data debian default desktop disk doctor egress error fleet ' +
  'gateway gleaner guest home host image images info inhibitor job jobs kernel laptop leaving ledger linux main ' +
  'manager net network node notify policy presence project queue root runner sensors server session settings share ' +
  'shell support system task tasks test timeline tray unknown user version warn web window windows work worker yields';

/** Codes as they stand in a value of their own. */
const codes: readonly string[] = [
  ...SettingKey.options,
  ...FailureCode.options,
  ...CheckId.options,
  ...Object.values(checkCodes).flat(),
  ...commonCodes,
  ...GridKind.options,
  ...GridState.options,
  ...Rung.options,
  ...vmPhases,
];
const codeSet: ReadonlySet<string> = new Set(codes);

const vocabulary: ReadonlySet<string> = new Set(
  [...codes, ...Object.keys(Signals.shape), ...Object.keys(Snapshot.shape), ...Object.keys(supportFiles)]
    .flatMap((code) => [code, ...code.split(/[^a-z]+/i), ...code.split(/(?=[A-Z])|[^a-z]+/i)])
    .concat(plainWords.split(' '))
    .map((word) => word.toLowerCase()),
);

/** A key or a code of the contract, as it is: it tells nothing about the person. Pure. */
export function isCode(text: string): boolean {
  return codeSet.has(text);
}

/** A word that Gleaner itself says in any bundle, so that it names nobody. Pure. */
export function isOwnWord(word: string): boolean {
  return vocabulary.has(word.toLowerCase());
}
