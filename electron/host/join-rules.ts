import { createHash } from 'node:crypto';
import {
  type Contact,
  type EffectiveSettings,
  fromFailure,
  GleanerError,
  type JoinRequest,
  type ProjectOffer,
  type Settings,
} from '../contract/index.ts';
import { knownProjects } from '../grid/boinc/known-projects.ts';
import type { JoinedProject, ManagedBy, Named } from '../grid/boinc/store-types.ts';
import { contactsOfTyped, sameProject } from './project-url.ts';

/** What is joined without a person in front of it. */
export interface ManagedJoin {
  readonly url: string;
  readonly key: string;
  readonly share: number;
  readonly managedBy: ManagedBy;
  /** Besides what the project itself needs; whoever names the project's own host there as private consents to that. */
  readonly contacts?: readonly Contact[];
}

/** Throws `grid-unsupported` for a project without anything that runs here. */
export function requireRunnable({ runsHere, name, platforms }: ProjectOffer): void {
  if (runsHere !== false) return;
  throw new GleanerError(
    'grid-unsupported',
    `${name} has nothing that runs in the virtual machine, which is 64-bit Linux on Intel or AMD.`,
    platforms.length > 0 ? `It has: ${platforms.slice(0, 8).join(', ')}.` : undefined,
  );
}

/** Whether an address is that of a joined project, or the one by which it was named. Pure. */
export function isNamed({ url, named }: Pick<JoinedProject, 'url' | 'named'>, address: string): boolean {
  return sameProject(url, address) || (named !== null && sameProject(named.url, address));
}

/** Pure. */
export function namedBy({ url, key }: Pick<ManagedJoin, 'url' | 'key'>): Named {
  return { url, keyDigest: createHash('sha256').update(key).digest('hex') };
}

/**
 * An organization's word is above everybody's; a manager decides about its own alone. Throws `already-joined`, also for
 * one that is being left.
 */
export function requireOwn({ kind }: ManagedBy, { managedBy, name, state }: JoinedProject): void {
  if (state === 'leaving') throw new GleanerError('already-joined', `${name} is still being left.`);
  if (kind === 'organization' || managedBy.kind === kind) return;
  throw new GleanerError('already-joined', 'It is joined already, and not by the manager.');
}

/** Throws `already-joined`. */
export function requireNew(url: string, joined: readonly JoinedProject[]): void {
  const known = joined.find((project) => sameProject(project.url, url));
  if (known)
    throw new GleanerError(
      'already-joined',
      `${known.name} is joined already.`,
      `See: gleaner grids show ${known.id}`,
    );
}

/** Throws `consent-required` unless the person has seen exactly what it may contact, and agrees to the terms of a new account. */
export function requireConsent(offer: ProjectOffer, { account, contacts }: JoinRequest): void {
  if (account.kind === 'create' && offer.terms !== null && !account.agreed) {
    throw new GleanerError(
      'consent-required',
      `${offer.name} has terms of use that have to be agreed to.`,
      'Read them and agree, or use an account that you have already.',
    );
  }

  requireSeen(offer.name, offer.contacts, contacts);
}

/** Throws `consent-required` unless these are the same places. */
export function requireSeen(
  name: string,
  needed: readonly { host: string; port: number }[],
  seen: readonly { host: string; port: number }[],
): void {
  const spelled = (list: readonly { host: string; port: number }[]): string =>
    list
      .map(({ host, port }) => `${host}:${port}`)
      .sort()
      .join(' ');
  if (spelled(needed) === spelled(seen)) return;
  throw new GleanerError(
    'consent-required',
    `${name} needs to contact ${spelled(needed).replaceAll(' ', ', ')}.`,
    'Agree to exactly that to join.',
  );
}

/**
 * What a project that nobody has looked at may contact: on the company's network only what whoever named it spells out, by
 * address and port; by a manager's word no more than exact names, for nobody has seen its wildcards. Pure.
 */
export function offerTo({ kind }: ManagedBy, offer: ProjectOffer): ProjectOffer {
  const contacts = offer.contacts
    .filter(({ host }) => kind === 'organization' || !host.startsWith('*.'))
    .map((contact) => ({ ...contact, private: false }));
  return { ...offer, contacts };
}

/** Throws `grid-not-permitted` for a wildcard that the definition of the project at `url` does not need. */
export function requireNeeded(host: string, url: string): void {
  const definition = knownProjects.find((known) => sameProject(known.url, url));
  if (!host.startsWith('*.') || definition?.hosts.some((needed) => needed.host === host) === true) return;
  throw new GleanerError(
    'grid-not-permitted',
    `${host} stands for more hosts than anybody can know.`,
    'Allow the hosts that it wants to contact, one by one.',
  );
}

/** Whether who named it says that it lies on the company's network. */
export function isConsented({ url, contacts = [] }: ManagedJoin): boolean {
  const homes = contactsOfTyped(url, true);
  return contacts.some(
    (contact) =>
      contact.private && homes.some(({ host, port }) => host === contact.host && port === contact.port),
  );
}

/** A person reads so many of the addresses that are permitted. */
const toldAtMost = 8;

/** Whether the settings let a project, or a manager, at this address be joined. Pure. */
export function isPermitted(
  url: string,
  { 'grids.permitted': permitted }: Pick<Settings, 'grids.permitted'>,
): boolean {
  return permitted === null || permitted.some((one) => sameProject(one, url));
}

type Rules = Pick<EffectiveSettings, 'values' | 'sources' | 'organization' | 'broken'>;

/** Throws `grid-not-permitted` for what the settings do not permit, and `profile-broken` when that is not known. */
export function requirePermitted(url: string, rules: Rules): void {
  requireThat(isPermitted(url, rules.values), rules);
}

/** Whether the settings let a company's pool be joined: named there as `condor:DOMAIN`. Pure. */
export function isPoolPermitted(
  pool: string,
  { 'grids.permitted': permitted }: Pick<Settings, 'grids.permitted'>,
): boolean {
  return permitted === null || permitted.some((one) => one.toLowerCase() === `condor:${pool}`);
}

/** As {@link requirePermitted}. */
export function requirePoolPermitted(pool: string, rules: Rules): void {
  requireThat(isPoolPermitted(pool, rules.values), rules);
}

function requireThat(permitted: boolean, { values, sources, organization, broken }: Rules): void {
  if (broken) throw fromFailure(broken);
  if (permitted) return;
  const isOwn = sources['grids.permitted'] === 'user';
  const who = isOwn ? 'your own settings' : (organization ?? 'whoever manages this computer');
  const all = values['grids.permitted'] ?? [];
  const more = all.length > toldAtMost ? ` and ${all.length - toldAtMost} more` : '';
  throw new GleanerError(
    'grid-not-permitted',
    `This address is not permitted by ${who}.`,
    all.length === 0
      ? 'No project is permitted here.'
      : `Permitted: ${all.slice(0, toldAtMost).join(', ')}${more}.`,
  );
}
