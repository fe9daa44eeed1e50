import type { KnownProject } from '../../contract/grids.ts';
import { type Contact, HostName } from '../../contract/network.ts';
import { parseWebUrl, portOf } from '../web/url.ts';
import type { ProjectFacts } from './messages.ts';

/** As many as one may consent to (contract/grids.ts, `JoinRequest`). */
const maxContacts = 64;

/**
 * What a project of these facts may contact, the most important first: its own address, the schedulers that its
 * page names, and the hosts that are known. Where one of them is on a usual port its twin for the other scheme is
 * among them: projects mix http and https, and their redirects lead from one to the other. A host that cannot be
 * written as a contact is left out. None of them may lie on a private network. Pure.
 */
export function offerContacts(
  facts: Pick<ProjectFacts, 'url' | 'schedulers'>,
  known: KnownProject | null,
): Contact[] {
  const urls = [facts.url, ...facts.schedulers].flatMap((text) => parseWebUrl(text) ?? []);
  const places = [
    ...urls.map((url) => ({ host: url.hostname.replace(/^\[|\]$/g, ''), port: portOf(url) })),
    ...urls.flatMap(twinOf),
    ...(known?.hosts ?? []),
  ];
  const contacts = new Map<string, Contact>();
  for (const { host, port } of places) {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (!HostName.safeParse(name).success || contacts.size === maxContacts) continue;
    const key = `${name} ${port}`;
    if (!contacts.has(key)) contacts.set(key, { host: name, port, source: 'project', private: false });
  }
  return [...contacts.values()];
}

function twinOf(url: URL): { host: string; port: number }[] {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'http:' && portOf(url) === 80) return [{ host, port: 443 }];
  if (url.protocol === 'https:' && portOf(url) === 443) return [{ host, port: 80 }];
  return [];
}
