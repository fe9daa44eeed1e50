import { createHash } from 'node:crypto';
import { GleanerError } from '../../contract/failures.ts';
import type { Account } from '../../contract/grids.ts';
import type { Web } from '../web/dial.ts';
import { fetchPage } from '../web/http.ts';
import { boincFailure } from './error-numbers.ts';
import type { ProjectFacts, SignedIn } from './messages.ts';
import { childOf, findElement, integerOf, lineOf, parseXml, textOf, type XmlElement } from './xml.ts';

const replyBytes = 1024 * 1024;
/** `12_0123…`: the account's number and a hash, good for nothing but computing. */
const weakKey = /^\d{1,20}_[0-9a-f]{32}$/;
/** ERR_DB_NOT_FOUND. */
const notFound = -136;

/**
 * Gets the key that a VM is given: the weak one where the project has such keys. Rejects with `account-refused`,
 * `grid-unreachable`, `grid-refused`, `grid-protocol`, `egress-denied`, `bad-request`.
 */
export async function signIn(web: Web, facts: ProjectFacts, account: Account): Promise<SignedIn> {
  if (facts.kind === 'manager') {
    throw new GleanerError('bad-request', `${facts.name} is an account manager, not a project.`);
  }
  if (account.kind === 'key') {
    const key = account.key.trim();
    if (weakKey.test(key)) return { key, weak: true };
    return await weaken(web, facts, key, true);
  }
  const key = account.kind === 'login' ? await logIn(web, facts, account) : await create(web, facts, account);
  return await weaken(web, facts, key, false);
}

/** MD5 (hex) of the password and the lower-case name, in this order: what BOINC's servers know of a password. */
export function hashPassword(password: string, name: string): string {
  return createHash('md5').update(`${password}${name.toLowerCase()}`, 'utf8').digest('hex');
}

async function logIn(
  web: Web,
  facts: ProjectFacts,
  { email, password }: Extract<Account, { kind: 'login' }>,
): Promise<string> {
  const name = email.trim();
  return readKey(
    facts,
    await ask(web, facts, 'lookup_account.php', {
      email_addr: facts.usesName ? name : name.toLowerCase(),
      passwd_hash: hashPassword(password, name),
    }),
  );
}

async function create(
  web: Web,
  facts: ProjectFacts,
  { email, password, name, agreed }: Extract<Account, { kind: 'create' }>,
): Promise<string> {
  if (!facts.canCreateAccount) throw boincFailure(-208, { who: facts.name });
  if (password.length < facts.minPasswordLength) {
    throw new GleanerError(
      'account-refused',
      `${facts.name} wants passwords of at least ${facts.minPasswordLength} characters.`,
    );
  }
  if (facts.terms !== null && !agreed) {
    throw new GleanerError('consent-required', `${facts.name} has terms that have to be agreed to first.`);
  }
  const address = email.trim().toLowerCase();
  return readKey(
    facts,
    await ask(web, facts, 'create_account.php', {
      email_addr: address,
      passwd_hash: hashPassword(password, address),
      user_name: name.trim(),
      ...(agreed ? { consent_flag: '1', source: 'Gleaner' } : {}),
    }),
  );
}

/**
 * Asks for the weak key of an account. A project that knows no such keys leaves the full one.
 * @param unproven whether nobody has checked yet that the project knows this key
 */
async function weaken(web: Web, facts: ProjectFacts, key: string, unproven: boolean): Promise<SignedIn> {
  let reply: XmlElement;
  try {
    reply = await ask(web, facts, 'am_get_info.php', { account_key: key });
  } catch (error) {
    if (error instanceof GleanerError && ['not-found', 'grid-protocol'].includes(error.code)) {
      return { key, weak: false };
    }
    throw error;
  }
  const weak = textOf(findElement(reply, 'am_get_info_reply'), 'weak_auth', 256);
  if (weakKey.test(weak)) return { key: weak, weak: true };
  const number = errorNumber(reply);
  if (unproven && number !== undefined) {
    if (number !== notFound) throw failureIn(facts, reply, number);
    throw new GleanerError(
      'account-refused',
      `${facts.name} does not know this account key.`,
      'Copy it anew from the page of your account on the project’s web site.',
    );
  }
  return { key, weak: false };
}

function readKey(facts: ProjectFacts, reply: XmlElement): string {
  const key = textOf(findElement(reply, 'account_out'), 'authenticator', 256);
  if (/^[A-Za-z0-9_-]{16,256}$/.test(key)) return key;
  throw failureIn(facts, reply, errorNumber(reply));
}

function errorNumber(reply: XmlElement): number | undefined {
  const holder = ['error', 'account_out', 'am_get_info_reply']
    .map((name) => findElement(reply, name))
    .find((element) => childOf(element, 'error_num') !== undefined);
  return integerOf(holder ?? reply, 'error_num', { min: -1e6, max: 1e6 });
}

function failureIn(facts: ProjectFacts, reply: XmlElement, number: number | undefined): GleanerError {
  if (number === undefined || number === 0) {
    return new GleanerError(
      'grid-protocol',
      `${facts.name} answered neither with an account nor with an error.`,
    );
  }
  return boincFailure(number, {
    who: facts.name,
    said: lineOf(findElement(reply, 'error_msg')?.raw ?? '', 300),
  });
}

/** Rejects with `not-found` when the project has no such page. */
async function ask(
  web: Web,
  facts: ProjectFacts,
  page: string,
  parameters: Readonly<Record<string, string>>,
): Promise<XmlElement> {
  const url = new URL(page, facts.accountsUrl ?? facts.url);
  url.search = new URLSearchParams(parameters).toString();
  const answer = await fetchPage(web, { url, secret: true, maxBytes: replyBytes });
  if (answer.status === 404) throw new GleanerError('not-found', `${facts.name} has no ${page}.`);
  if (answer.status !== 200) {
    throw new GleanerError(
      'grid-unreachable',
      `${facts.name} has a problem with accounts (status ${answer.status}).`,
      'Try again later.',
    );
  }
  return parseXml(answer.body, facts.name);
}
