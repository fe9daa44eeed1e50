import { type Contact, GleanerError } from '../contract/index.ts';
import { isSameProject } from '../grid/boinc/project-id.ts';

const webPorts = [80, 443];

/** Whether two addresses, as people write them, are those of one project: the scheme makes no difference. Pure. */
export function sameProject(a: string, b: string): boolean {
  return isSameProject(withScheme(a), withScheme(b));
}

/** Where the host itself may go for an address as it was typed. Throws `bad-request`. Pure. */
export function contactsOfTyped(typed: string, allowPrivate: boolean): Contact[] {
  const address = withScheme(typed);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || url.username !== '' || url.password !== '') {
    throw new GleanerError(
      'bad-request',
      'This is not the address of a project.',
      'It looks like https://www.example.org/project/.',
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const ports = url.port === '' ? webPorts : [Number(url.port)];
  return ports.map((port) => ({ host, port, source: 'person', private: allowPrivate }));
}

function withScheme(typed: string): string {
  const trimmed = typed.trim();
  return /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
}
