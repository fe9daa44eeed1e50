import type { Account, ProjectOffer } from '../../electron/contract/grids.ts';
import { t } from '../text/say.ts';

export type Way = Account['kind'];

/** What was typed so far, whichever way it is for. */
export interface AccountDraft {
  readonly way: Way;
  readonly key: string;
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly agreed: boolean;
}

export const emptyDraft: AccountDraft = {
  way: 'login',
  key: '',
  email: '',
  password: '',
  name: '',
  agreed: false,
};

/** What is wrong, by field. */
export type DraftFaults = Partial<Readonly<Record<Exclude<keyof AccountDraft, 'way'>, string>>>;

/** The ways that this offer has. */
export function waysOf({ kind, canCreateAccount }: ProjectOffer): readonly Way[] {
  if (kind === 'manager') return ['login'];
  return canCreateAccount ? ['login', 'key', 'create'] : ['login', 'key'];
}

/** How many characters a password must have. */
export function leastPassword({ minPasswordLength }: ProjectOffer): number {
  return Math.max(1, minPasswordLength);
}

/** What the host would refuse for its form, so that nobody is sent to the project in vain. Pure. */
export function faultsOf(draft: AccountDraft, offer: ProjectOffer): DraftFaults {
  const given = draft.email.trim();
  const isEmail = offer.usesName || /^[^\s@]+@[^\s@]+$/.test(given);
  const email = given === '' ? t('join:wrong.empty') : !isEmail && t('join:wrong.email');
  const faults: Record<keyof DraftFaults, string | false> = {
    key: false,
    email: false,
    password: false,
    name: false,
    agreed: false,
  };
  switch (draft.way) {
    case 'key':
      faults.key = !/^[A-Za-z0-9_-]{16,256}$/.test(draft.key.trim()) && t('join:wrong.key');
      break;
    case 'login':
      faults.email = email;
      faults.password = draft.password === '' && t('join:wrong.empty');
      break;
    case 'create':
      faults.email = email;
      faults.name = draft.name.trim() === '' && t('join:wrong.empty');
      faults.password =
        draft.password.length < leastPassword(offer) &&
        t('join:wrong.short', { least: leastPassword(offer) });
      faults.agreed = offer.terms !== null && !draft.agreed && t('join:wrong.terms');
      break;
  }
  return Object.fromEntries(Object.entries(faults).filter(([, fault]) => fault !== false));
}

/** A draft without faults as the host takes it. Pure. */
export function accountOf(draft: AccountDraft): Account {
  const { way, agreed, password } = draft;
  const email = draft.email.trim();
  switch (way) {
    case 'key':
      return { kind: 'key', key: draft.key.trim() };
    case 'login':
      return { kind: 'login', email, password };
    case 'create':
      return { kind: 'create', email, password, name: draft.name.trim(), agreed };
  }
}
