import { GleanerError } from '../../contract/failures.ts';
import type { Web } from '../web/dial.ts';
import { fetchPage } from '../web/http.ts';
import { masterUrl, parseWebUrl, typedUrls } from '../web/url.ts';
import { boincFailure } from './error-numbers.ts';
import type { ProjectFacts } from './messages.ts';
import {
  childOf,
  cleanText,
  decodeEntities,
  findElement,
  flagOf,
  integerOf,
  lineOf,
  parseXml,
  textOf,
  type XmlElement,
} from './xml.ts';

const configBytes = 1024 * 1024;
const pageBytes = 2 * 1024 * 1024;
/** Of html/user/get_project_config.php. */
const defaultPasswordLength = 6;

/**
 * Looks up what a person typed as a project's or an account manager's address. Rejects with `bad-request` when it
 * is no address, `not-found` when there is nothing of BOINC, `grid-unreachable`, `grid-unsupported`,
 * `egress-denied`, `grid-protocol`.
 */
export async function lookUp(web: Web, typed: string): Promise<ProjectFacts> {
  const [first, ...others] = typedUrls(typed);
  if (!first) {
    throw new GleanerError(
      'bad-request',
      'This is not the address of a project.',
      'It looks like https://project.example/ and is on the project’s web site.',
    );
  }
  let found: { readonly base: URL; readonly config: XmlElement };
  try {
    found = await fetchConfig(web, first);
  } catch (error) {
    // Somebody who typed no scheme may mean an old project without encryption.
    if (!others[0] || !mayBeElsewhere(error)) throw error;
    found = await fetchConfig(web, others[0]).catch(() => {
      throw error;
    });
  }
  const facts = readConfig(found.config, found.base);
  return facts.kind === 'manager'
    ? facts
    : { ...facts, schedulers: await findSchedulers(web, facts, found.base) };
}

function mayBeElsewhere(error: unknown): boolean {
  return (
    error instanceof GleanerError && ['grid-unreachable', 'not-found', 'egress-denied'].includes(error.code)
  );
}

async function fetchConfig(web: Web, base: URL): Promise<{ base: URL; config: XmlElement }> {
  const name = 'get_project_config.php';
  const page = await fetchPage(web, { url: new URL(name, base), maxBytes: configBytes });
  if (page.status >= 500) {
    throw new GleanerError(
      'grid-unreachable',
      `${base.hostname} has a problem (status ${page.status}).`,
      'Try again later.',
    );
  }
  const config = page.status === 200 && page.body.includes('<project_config>') ? page.body : undefined;
  const root =
    config === undefined ? undefined : findElement(parseXml(config, base.hostname), 'project_config');
  if (!root) {
    throw new GleanerError(
      'not-found',
      `There is no BOINC project at ${lineOf(base.href, 200)}.`,
      'Copy the address from the project’s web site: often it ends in a name, like /boinc/.',
    );
  }
  // After a redirect, what it stands beside is the base.
  const moved = page.url.pathname.endsWith(`/${name}`) ? masterUrl(new URL('.', page.url).href) : undefined;
  return { base: moved ?? base, config: root };
}

/** Pure. `base` is where it was found. */
export function readConfig(config: XmlElement, base: URL): ProjectFacts {
  const own = masterUrl(textOf(config, 'master_url', 500)) ?? base;
  const name = textOf(config, 'name', 256) || base.hostname;
  const number = integerOf(config, 'error_num', { min: -1e6, max: 1e6 }) ?? 0;
  if (number !== 0) throw boincFailure(number, { who: name, said: textOf(config, 'error_msg', 300) });
  if (flagOf(config, 'web_stopped')) throw boincFailure(-183, { who: name });
  const accounts = accountsUrl(own, base, textOf(config, 'web_rpc_url_base', 500));
  return {
    kind: flagOf(config, 'account_manager') ? 'manager' : 'project',
    url: own.href,
    ...(accounts === undefined ? {} : { accountsUrl: accounts.href }),
    name,
    platforms: readPlatforms(config),
    canCreateAccount:
      !flagOf(config, 'account_creation_disabled') && !flagOf(config, 'client_account_creation_disabled'),
    usesName: flagOf(config, 'uses_username'),
    minPasswordLength: integerOf(config, 'min_passwd_length', { min: 0, max: 100 }) ?? defaultPasswordLength,
    terms: readTerms(config),
    schedulers: [],
    signingKey: null,
  };
}

/**
 * A project's master URL never changes, and many are older than its certificate: where it names an address for
 * accounts, or was found by https itself, passwords go there. On the same host and port (or both usual ones) only.
 */
function accountsUrl(own: URL, base: URL, named: string): URL | undefined {
  const near = (url: URL | undefined): boolean => url?.hostname === own.hostname && url.port === own.port;
  const candidates = [masterUrl(named), base].filter(near);
  const encrypted = candidates.find((url) => url?.protocol === 'https:');
  const chosen = encrypted ?? (own.protocol === 'https:' ? undefined : candidates[0]);
  return chosen?.href === own.href ? undefined : chosen;
}

function readPlatforms(config: XmlElement): string[] {
  const names = new Set<string>();
  const collect = (element: XmlElement): void => {
    for (const child of element.children) {
      if (child.name === 'platform_name' && names.size < 200) {
        const name = lineOf(child.raw, 256);
        if (name !== '') names.add(name);
      }
      collect(child);
    }
  };
  collect(config);
  return [...names];
}

/** As lines of text, whether they came as text or as HTML. */
function readTerms(config: XmlElement): string | null {
  const raw = childOf(config, 'terms_of_use')?.raw ?? '';
  const decoded = decodeEntities(raw.slice(0, 400_000));
  const text = decoded
    .replaceAll(/<(?:br|p|li|div|h\d|tr)\b[^<>]{0,500}>/gi, '\n')
    .replaceAll(/<\/?[a-z][^<>]{0,2000}>/gi, '')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n');
  const terms = cleanText(decodeEntities(text), 100_000);
  return terms === '' ? null : terms;
}

async function findSchedulers(web: Web, facts: ProjectFacts, base: URL): Promise<string[]> {
  const own = new URL(facts.url);
  const pages = own.href === base.href ? [own] : [own, base];
  let failure: GleanerError | undefined;
  for (const url of pages) {
    try {
      const page = await fetchPage(web, { url, maxBytes: pageBytes });
      const schedulers = readSchedulers(page.body, page.url);
      if (schedulers.length > 0) return schedulers;
    } catch (error) {
      if (!(error instanceof GleanerError)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
  throw new GleanerError(
    'grid-unsupported',
    `${facts.name} does not say on its page where work comes from (no scheduler).`,
    'It may be down for maintenance. Try again later.',
  );
}

/**
 * The schedulers that a master page names, in its comments or links (client/scheduler_op.cpp): the first 16, as
 * URLs. Pure.
 */
export function readSchedulers(page: string, base: URL): string[] {
  const inTags = [...page.matchAll(/<scheduler>([^<>]{1,600})<\/scheduler>/gi)].map(([, url = '']) => url);
  const inLinks = [...page.matchAll(/<link\b([^<>]{1,1000})>/gi)]
    .map(([, attributes = '']) => attributes)
    .filter((attributes) => /\brel\s*=\s*["']?boinc_scheduler\b/i.test(attributes))
    .map((attributes) => /\bhref\s*=\s*["']?([^"'\s<>]{1,600})/i.exec(attributes)?.[1] ?? '');
  const urls = [...inTags, ...inLinks].flatMap((text) => {
    const url = parseWebUrl(decodeEntities(text).trim(), base);
    return url !== undefined && url.href.length <= 500 ? [url.href] : [];
  });
  return [...new Set(urls)].slice(0, 16);
}
