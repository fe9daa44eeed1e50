import type { KeyObject } from 'node:crypto';
import { GleanerError } from '../../contract/failures.ts';
import type { Web } from '../web/dial.ts';
import { fetchPage } from '../web/http.ts';
import { masterUrl } from '../web/url.ts';
import { boincFailure } from './error-numbers.ts';
import type { Inputs, ManagedAccount, ManagerReply } from './messages.ts';
import { isSameProject } from './project-id.ts';
import { refused } from './refused.ts';
import { isSigned, parseSigningKey } from './signature.ts';
import {
  childOf,
  childrenOf,
  escapeXml,
  findElement,
  flagOf,
  integerOf,
  lineOf,
  numberOf,
  parseXml,
  textOf,
  type XmlElement,
} from './xml.ts';

type Asked = Omit<Inputs['syncManager'], 'gatewayPath' | 'authorities'>;

const replyBytes = 4 * 1024 * 1024;
const maxAccounts = 64;
const maxOpaque = 16_384;
const daySeconds = 86_400;
/** The client that speaks for us in a VM; managers look at its version. */
const clientVersion = '8.0.4';
const platform = 'x86_64-pc-linux-gnu';
const hostName = 'gleaner';

/**
 * Asks an account manager which projects this computer should have (client/acct_mgr.cpp). Neither a host's own
 * name nor a password of a client is told. Rejects with `account-refused`, `grid-refused`, `signature-invalid`
 * when it signs with another key than before, `grid-unreachable`, `grid-protocol`, `egress-denied`.
 */
export async function syncManager(web: Web, asked: Asked): Promise<ManagerReply> {
  const { facts } = asked;
  const page = await fetchPage(web, {
    url: new URL('rpc.php', facts.accountsUrl ?? facts.url),
    post: writeRequest(asked),
    secret: true,
    maxBytes: replyBytes,
  });
  if (page.status !== 200) {
    throw new GleanerError(
      'grid-unreachable',
      `${facts.name} has a problem (status ${page.status}).`,
      'Try again later.',
    );
  }
  return readManagerReply(page.body, asked);
}

/** `<acct_mgr_request>`. Pure. */
export function writeRequest({ name, passwordHash, hostCpid, opaque, projects }: Asked): string {
  const field = (tag: string, value: string | number | boolean): string =>
    `<${tag}>${typeof value === 'boolean' ? Number(value) : escapeXml(String(value))}</${tag}>\n`;
  const attached = projects.map(
    (project) =>
      `<project>\n${field('url', project.url)}${field('project_name', project.name)}${field(
        'suspended_via_gui',
        project.suspended,
      )}${field('hostid', project.hostId ?? '0')}${field('attached_via_acct_mgr', true)}${field(
        'dont_request_more_work',
        project.noNewWork,
      )}${field('detach_when_done', false)}${field('ended', false)}${field(
        'resource_share',
        project.share,
      )}</project>\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8" ?>
<acct_mgr_request>
${field('name', name)}${field('password_hash', passwordHash)}${field('host_cpid', hostCpid)}${field(
  'domain_name',
  hostName,
)}${field('client_version', clientVersion)}${field('run_mode', 'auto')}${field('platform_name', platform)}${attached.join(
  '',
)}<host_info>
${field('domain_name', hostName)}${field('host_cpid', hostCpid)}${field('os_name', 'Linux')}</host_info>
${opaque === null ? '' : `<opaque>\n${opaque}\n</opaque>\n`}</acct_mgr_request>
`;
}

/** Pure. Rejects like {@link syncManager}. */
export function readManagerReply(body: string, { facts, name, projects }: Asked): ManagerReply {
  const reply = findElement(parseXml(body, facts.name), 'acct_mgr_reply');
  if (!reply) throw new GleanerError('grid-protocol', `${facts.name} sent something else than a reply.`);
  const said = textOf(reply, 'error_msg', 300) || textOf(reply, 'error', 300);
  const number = integerOf(reply, 'error_num', { min: -1e6, max: 1e6 }) ?? 0;
  if (number !== 0 || said !== '') throw boincFailure(number, { who: facts.name, said });
  const { text: signingKey, key } = readSigningKey(reply, facts.name, facts.signingKey);
  const accounts: ManagedAccount[] = [];
  const refusals: ManagerReply['refused'] = [];
  for (const account of childrenOf(reply, 'account').slice(0, maxAccounts)) {
    const read = readAccount(account, key);
    const url = textOf(account, 'url', 500);
    const joined = projects.some((project) => isSameProject(project.url, read.account?.url ?? ''));
    if (!read.account) refusals.push(refused(url, read.why));
    else if (read.account.key === '' && !joined && !read.account.detach) {
      refusals.push(refused(url, 'refused.no-key'));
    } else accounts.push(read.account);
  }
  const repeat = numberOf(reply, 'repeat_sec', { min: 0, max: 1e9 }) ?? 0;
  return {
    name: textOf(reply, 'name', 256) || facts.name,
    userName: textOf(reply, 'user_name', 256) || lineOf(name, 256),
    opaque: readOpaque(body, facts.name),
    signingKey,
    repeatSeconds: Math.min(30 * daySeconds, Math.max(60, Math.round(repeat) || daySeconds)),
    accounts,
    refused: refusals,
  };
}

/** The key of this reply, which has to be the one that is known, where one is. */
function readSigningKey(
  reply: XmlElement,
  manager: string,
  known: string | null,
): { readonly text: string; readonly key: KeyObject } {
  const text = normalKey(childOf(reply, 'signing_key')?.raw ?? '');
  const key = parseSigningKey(text);
  if (!key)
    throw new GleanerError('signature-invalid', `${manager} sends no key to check its signatures with.`);
  if (known !== null && normalKey(known) !== text) {
    throw new GleanerError(
      'signature-invalid',
      `${manager} signs with another key than before.`,
      'Nothing of it is followed. If it says so on its web site, leave it and join it anew.',
    );
  }
  return { text, key };
}

function normalKey(text: string): string {
  return text.length > 4000 ? '' : text.trim().replaceAll(/[ \t\r]/g, '');
}

function readAccount(
  account: XmlElement,
  key: KeyObject,
):
  | { readonly account: ManagedAccount }
  | { readonly account: undefined; readonly why: Parameters<typeof refused>[1] } {
  const text = textOf(account, 'url', 500);
  const url = masterUrl(text);
  if (!url) return { account: undefined, why: 'refused.no-address' };
  const signature = childOf(account, 'url_signature')?.raw ?? '';
  if (!isSigned({ text, signature, key })) return { account: undefined, why: 'refused.signature' };
  const authenticator = textOf(account, 'authenticator', 300);
  if (authenticator !== '' && !/^[A-Za-z0-9_-]{16,256}$/.test(authenticator)) {
    return { account: undefined, why: 'refused.key' };
  }
  return {
    account: {
      url: url.href,
      key: authenticator,
      share: numberOf(account, 'resource_share', { min: 0, max: 1_000_000 }) ?? null,
      suspended: childOf(account, 'suspend') ? flagOf(account, 'suspend') : null,
      noNewWork: childOf(account, 'dont_request_more_work')
        ? flagOf(account, 'dont_request_more_work')
        : null,
      detach: flagOf(account, 'detach'),
      detachWhenDone: flagOf(account, 'detach_when_done'),
    },
  };
}

/** As it was written, whatever it is: it is handed back to who wrote it. */
function readOpaque(body: string, manager: string): string | null {
  const start = body.indexOf('<opaque>') + '<opaque>'.length;
  const end = body.indexOf('</opaque>', start);
  const opaque = start < '<opaque>'.length || end < 0 ? '' : body.slice(start, end).trim();
  if (opaque.length > maxOpaque) {
    throw new GleanerError('grid-protocol', `${manager} wants to be handed back too much.`);
  }
  return opaque === '' ? null : opaque;
}
