import { type ReactNode, type SyntheticEvent, useRef, useState } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { ProjectOffer } from '../../electron/contract/grids.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { FormField, Tick } from '../ui/form.tsx';
import { Button, Foreign } from '../ui/primitives.tsx';
import {
  type AccountDraft,
  type DraftFaults,
  faultsOf,
  leastPassword,
  type Way,
  waysOf,
} from './account-draft.ts';
import { Failed } from './failed.tsx';

/** By which account. What was typed stays when the project refuses it. */
export function SignIn(props: {
  offer: ProjectOffer;
  draft: AccountDraft;
  joining: boolean;
  failure: Failure | null;
  onDraft: (draft: AccountDraft) => void;
  onJoin: () => void;
}): ReactNode {
  const { offer, draft, joining } = props;
  /** Nobody is told of faults before they wanted to go on. */
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const faults = tried ? faultsOf(draft, offer) : {};
  const change = (changes: Partial<AccountDraft>): void => {
    props.onDraft({ ...draft, ...changes });
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (joining) return;
    if (Object.keys(faultsOf(draft, offer)).length === 0) {
      props.onJoin();
      return;
    }
    setTried(true);
    requestAnimationFrame(() => {
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    });
  };
  return (
    <form ref={form} className="card form" noValidate onSubmit={submit}>
      <Ways
        offer={offer}
        way={draft.way}
        disabled={joining}
        onWay={(way) => {
          setTried(false);
          change({ way });
        }}
      />
      {draft.way === 'key' ? (
        <FormField
          label={t('join:signIn.key')}
          hint={t('join:signIn.keyHint')}
          value={draft.key}
          error={faults.key ?? null}
          hiddenUnless={t('join:signIn.show')}
          disabled={joining}
          onInput={(key) => {
            change({ key });
          }}
        />
      ) : (
        <Login offer={offer} draft={draft} faults={faults} disabled={joining} onChange={change} />
      )}
      <p className="soft small">
        {offer.kind === 'manager' ? t('join:signIn.managerSecretHint') : t('join:signIn.secretHint')}
      </p>
      {props.failure === null ? null : <Failed failure={props.failure} />}
      <div className="buttons">
        <Button primary submits disabled={joining}>
          {t('join:signIn.join')}
        </Button>
        {joining ? (
          <span role="status" className="soft">
            {t('join:signIn.joining', { name: plain(offer.name) })}
          </span>
        ) : null}
      </div>
    </form>
  );
}

function Ways(props: {
  offer: ProjectOffer;
  way: Way;
  disabled: boolean;
  onWay: (way: Way) => void;
}): ReactNode {
  const ways = waysOf(props.offer);
  if (ways.length === 1) return null;
  const words = (way: Way): string =>
    way === 'login' && props.offer.usesName ? t('join:signIn.byName') : t(`join:signIn.way.${way}`);
  return (
    <fieldset className="choices" disabled={props.disabled}>
      <legend className="hidden-label">{t('join:signIn.way')}</legend>
      {ways.map((way) => (
        <label key={way} className="choice">
          <input
            type="radio"
            name="way"
            value={way}
            checked={props.way === way}
            onChange={() => {
              props.onWay(way);
            }}
          />
          {words(way)}
        </label>
      ))}
    </fieldset>
  );
}

function Login(props: {
  offer: ProjectOffer;
  draft: AccountDraft;
  faults: DraftFaults;
  disabled: boolean;
  onChange: (changes: Partial<AccountDraft>) => void;
}): ReactNode {
  const { offer, draft, faults, disabled, onChange } = props;
  const isNew = draft.way === 'create';
  return (
    <>
      <FormField
        type={offer.usesName ? 'text' : 'email'}
        label={offer.usesName ? t('join:signIn.name') : t('join:signIn.email')}
        value={draft.email}
        error={faults.email ?? null}
        disabled={disabled}
        onInput={(email) => {
          onChange({ email });
        }}
      />
      {isNew ? (
        <FormField
          label={t('join:signIn.newName')}
          value={draft.name}
          error={faults.name ?? null}
          disabled={disabled}
          onInput={(name) => {
            onChange({ name });
          }}
        />
      ) : null}
      <FormField
        label={t('join:signIn.password')}
        value={draft.password}
        error={faults.password ?? null}
        hiddenUnless={t('join:signIn.show')}
        disabled={disabled}
        {...(isNew ? { hint: t('join:wrong.short', { least: leastPassword(offer) }) } : {})}
        onInput={(password) => {
          onChange({ password });
        }}
      />
      {isNew && offer.terms !== null ? (
        <>
          <section className="terms small" aria-label={t('join:signIn.terms')} tabIndex={0}>
            <Foreign className="lines">{offer.terms}</Foreign>
          </section>
          <Tick
            label={t('join:signIn.agreed')}
            on={draft.agreed}
            error={faults.agreed ?? null}
            disabled={disabled}
            onChange={(agreed) => {
              onChange({ agreed });
            }}
          />
        </>
      ) : null}
    </>
  );
}
