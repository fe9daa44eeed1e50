import type { ReactNode } from 'react';
import type { Contact } from '../../electron/contract/network.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button, Foreign } from '../ui/primitives.tsx';

/** `example.org:443`, `[2001:db8::1]:443`. */
export function placeOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Places that a VM may speak to, each with what is to be known of it. */
export function ContactList(props: {
  contacts: readonly Contact[];
  /** Also says who put each there, and lets the person take back their own. */
  onForbid?: (contact: Contact) => void;
  /** They are those of a company's pool. */
  ofPool?: boolean;
}): ReactNode {
  const { onForbid } = props;
  const sourceWords = (source: Contact['source']): string =>
    props.ofPool === true && source === 'project' ? t('pools:contact') : t(`grids:contactSource.${source}`);
  return (
    <ul className="places">
      {props.contacts.map((contact) => {
        const place = placeOf(contact);
        const notes = [
          ...(onForbid === undefined ? [] : [sourceWords(contact.source)]),
          ...(contact.private ? [t('grids:onCompanyNetwork')] : []),
        ];
        return (
          <li key={place}>
            <span>
              <Foreign className="place">{place}</Foreign>
              {notes.length === 0 ? null : <span className="soft small line">{notes.join(', ')}</span>}
            </span>
            {onForbid !== undefined && contact.source === 'person' ? (
              <Button
                small
                label={t('grids:forbidLabel', { place: plain(place) })}
                onPress={() => {
                  onForbid(contact);
                }}
              >
                {t('grids:forbid')}
              </Button>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
