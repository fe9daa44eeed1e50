import type { Contact } from '../contract/network.ts';
import { showPlace } from './names.ts';
import { cleanLine } from './text.ts';

const contactSources: Readonly<Record<Contact['source'], string>> = {
  project: 'named by the project',
  person: 'allowed by you',
  organization: 'set by your organization',
};

/**
 * What a grid's VM may contact, a place a line. Pure.
 * @param ofPool they are those of a company's pool
 */
export function showContacts(contacts: readonly Contact[], ofPool = false): string {
  return contacts
    .map((contact) => {
      const where = contact.private ? ", on your company's network" : '';
      return `  ${cleanLine(showPlace(contact))}  (${ofPool && contact.source === 'project' ? 'named by the pool' : contactSources[contact.source]}${where})`;
    })
    .join('\n');
}
