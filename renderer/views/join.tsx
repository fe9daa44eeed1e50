import { type ReactNode, useReducer, useState } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Mark } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import { accountOf, emptyDraft, waysOf } from './account-draft.ts';
import { Asks } from './join-asks.tsx';
import { Choose } from './join-choose.tsx';
import { firstStep, type JoinStep, joinFlow, type Looked } from './join-flow.ts';
import { SignIn } from './join-sign-in.tsx';
import type { Go } from './place.ts';
import { useStepTitle } from './step-title.ts';

/**
 * From the choice of a project or an account manager to having joined it. `url`: the address that is filled in; `from`: where
 * to go on afterwards; `at`: what comes first.
 */
export function Join(props: {
  snapshot: Snapshot;
  url: string;
  from: 'welcome' | null;
  at: 'address' | 'link' | null;
  go: Go;
}): ReactNode {
  const { snapshot, url, from, go } = props;
  const [step, send] = useReducer(joinFlow, firstStep);
  const [draft, setDraft] = useState(emptyDraft);
  const isRefused = step.at === 'choose' && step.refused !== null;
  const heading = useStepTitle(step.at, isRefused);

  const look = async (looked: Looked): Promise<void> => {
    send({ type: 'look', looked });
    const answer = await client.call('grids.lookup', looked);
    if (answer.ok) setDraft((before) => ({ ...before, way: waysOf(answer.value)[0] ?? 'login' }));
    send(
      answer.ok
        ? { type: 'found', looked, offer: answer.value }
        : { type: 'not-found', looked, failure: answer.failure },
    );
  };
  const join = async ({ offer, looked }: Extract<JoinStep, { at: 'sign-in' }>): Promise<void> => {
    send({ type: 'join' });
    const answer =
      offer.kind === 'manager'
        ? await client.call('manager.join', {
            url: offer.url,
            name: draft.email.trim(),
            password: draft.password,
            allowPrivate: looked.allowPrivate,
          })
        : await client.call('grids.join', {
            url: offer.url,
            account: accountOf(draft),
            contacts: offer.contacts.map(({ host, port }) => ({ host, port })),
            allowPrivate: offer.needsPrivate && looked.allowPrivate,
          });
    if (!answer.ok) {
      send({ type: 'refused', failure: answer.failure });
      return;
    }
    // Nothing secret stays in the page.
    setDraft(emptyDraft);
    send({ type: 'joined', grid: 'id' in answer.value ? answer.value.id : null });
  };

  return (
    <>
      <div className="title-row">
        <h1 ref={heading} tabIndex={-1} className="page-title">
          {titleOf(step)}
        </h1>
        {step.at === 'done' ? null : (
          <Button
            quiet
            disabled={step.at === 'sign-in' && step.joining}
            onPress={() => {
              if (step.at === 'choose') go({ page: from ?? 'grids' });
              else send({ type: 'back' });
            }}
          >
            {t('join:back')}
          </Button>
        )}
      </div>
      <Steps at={step.at} />
      {step.at === 'choose' ? (
        <Choose
          url={url}
          refused={step.refused}
          at={props.at}
          joined={snapshot.grids}
          organization={snapshot.preset.organization}
          onLook={(looked) => {
            void look(looked);
          }}
          onPool={() => {
            go({ page: 'join-pool' });
          }}
        />
      ) : step.at === 'looking' ? (
        <div className="card looking">
          <p role="status" className="foreign">
            {t('join:looking', { url: plain(step.looked.url) })}
          </p>
          <progress className="bar" aria-label={t('join:looking', { url: plain(step.looked.url) })} />
          <Button
            onPress={() => {
              send({ type: 'back' });
            }}
          >
            {t('common:cancel')}
          </Button>
        </div>
      ) : step.at === 'asks' ? (
        <Asks
          offer={step.offer}
          allowPrivate={step.looked.allowPrivate}
          onAgree={(allowPrivate) => {
            send({ type: 'agree', allowPrivate });
          }}
        />
      ) : step.at === 'sign-in' ? (
        <SignIn
          offer={step.offer}
          draft={draft}
          joining={step.joining}
          failure={step.failure}
          onDraft={setDraft}
          onJoin={() => {
            void join(step);
          }}
        />
      ) : (
        <Done
          step={step}
          from={from}
          go={go}
          onAgain={() => {
            send({ type: 'again' });
          }}
        />
      )}
    </>
  );
}

function titleOf(step: JoinStep): string {
  switch (step.at) {
    case 'choose':
    case 'looking':
      return t('join:title');
    case 'asks':
      return t('join:asks.title', { name: plain(step.offer.name) });
    case 'sign-in':
      return t('join:signIn.title', { name: plain(step.offer.name) });
    case 'done':
      return t('join:done.title', { name: plain(step.offer.name) });
  }
}

const stepOrder = ['choose', 'asks', 'sign-in', 'done'] as const;

function Steps({ at }: { at: JoinStep['at'] }): ReactNode {
  const current = stepOrder.indexOf(at === 'looking' ? 'choose' : at);
  return (
    <ol className="steps small" aria-label={t('join:steps')}>
      {stepOrder.map((name, index) => (
        <li
          key={name}
          className={index < current ? 'step-past' : ''}
          aria-current={index === current ? 'step' : undefined}
        >
          {t(`join:step.${name}`)}
        </li>
      ))}
    </ol>
  );
}

const projectSteps = ['join:done.starts', 'join:done.loads', 'join:done.credit'] as const;
const managerSteps = ['join:done.managerAsks', 'join:done.managerGrids'] as const;

function Done(props: {
  step: Extract<JoinStep, { at: 'done' }>;
  from: 'welcome' | null;
  go: Go;
  onAgain: () => void;
}): ReactNode {
  const { from, go } = props;
  const { offer, grid } = props.step;
  const next = offer.kind === 'manager' ? managerSteps : projectSteps;
  return (
    <div className="card done">
      <span className="hero-mark">
        <Mark name="working" size={34} />
      </span>
      <div>
        <h2>{t('join:done.next')}</h2>
        <ol className="plain-steps">
          {next.map((key) => (
            <li key={key}>{t(key)}</li>
          ))}
        </ol>
      </div>
      <div className="buttons">
        {from === null ? null : (
          <Button
            primary
            onPress={() => {
              go({ page: from });
            }}
          >
            {t('join:done.goOn')}
          </Button>
        )}
        <Button
          primary={from === null}
          onPress={() => {
            go(grid === null ? { page: 'grids' } : { page: 'grids', open: grid });
          }}
        >
          {t('join:done.see')}
        </Button>
        <Button onPress={props.onAgain}>{t('join:done.another')}</Button>
      </div>
    </div>
  );
}
