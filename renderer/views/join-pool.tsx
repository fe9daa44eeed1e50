import { type ReactNode, useReducer } from 'react';
import type { EnrolmentSource } from '../../electron/contract/pool-views.ts';
import { client } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import type { Go } from './place.ts';
import { PoolAsks } from './pool-asks.tsx';
import { PoolChoose } from './pool-choose.tsx';
import { firstPoolStep, type PoolStep, poolFlow } from './pool-flow.ts';
import { useStepTitle } from './step-title.ts';

/** From an enrolment to a joined pool. `url`: the address of one that a link names; `from`: where it goes on afterwards. */
export function JoinPool(props: { url: string | null; from: 'welcome' | null; go: Go }): ReactNode {
  const { url, from, go } = props;
  const [step, send] = useReducer(poolFlow, firstPoolStep);
  const isRefused = step.at === 'choose' && step.failure !== null;
  const heading = useStepTitle(step.at, isRefused);

  const look = async (enrolment: EnrolmentSource): Promise<void> => {
    send({ type: 'look', from: enrolment });
    const answer = await client.call('pools.lookup', { from: enrolment });
    send(
      answer.ok
        ? { type: 'found', from: enrolment, offer: answer.value }
        : { type: 'not-found', from: enrolment, failure: answer.failure },
    );
  };
  const join = async ({ from: enrolment, offer }: Extract<PoolStep, { at: 'asks' }>): Promise<void> => {
    send({ type: 'join' });
    const answer = await client.call('pools.join', {
      from: enrolment,
      contacts: offer.contacts.map(({ host, port }) => ({ host, port })),
    });
    if (answer.ok) go(from === null ? { page: 'grids', open: answer.value.id } : { page: from });
    else send({ type: 'refused', failure: answer.failure });
  };

  return (
    <>
      <div className="title-row">
        <h1 ref={heading} tabIndex={-1} className="page-title foreign">
          {step.at === 'asks'
            ? t('join:asks.title', { name: plain(step.offer.name) })
            : t('pools:join.title')}
        </h1>
        <Button
          quiet
          disabled={step.at === 'asks' && step.joining}
          onPress={() => {
            if (step.at === 'choose') go({ page: from ?? 'join' });
            else send({ type: 'back' });
          }}
        >
          {t('join:back')}
        </Button>
      </div>
      {step.at === 'choose' ? (
        <PoolChoose
          url={step.url ?? url ?? ''}
          byLink={url !== null && step.failure === null}
          refused={step.failure === null ? null : { byFile: step.url === null, failure: step.failure }}
          onLook={(enrolment) => {
            void look(enrolment);
          }}
        />
      ) : step.at === 'looking' ? (
        <div className="card looking">
          <p role="status">{t('pools:join.looking')}</p>
          <progress className="bar" aria-label={t('pools:join.looking')} />
          <Button
            onPress={() => {
              send({ type: 'back' });
            }}
          >
            {t('common:cancel')}
          </Button>
        </div>
      ) : (
        <PoolAsks
          offer={step.offer}
          byFile={step.from.kind === 'text'}
          joining={step.joining}
          failure={step.failure}
          onAgree={() => {
            void join(step);
          }}
        />
      )}
    </>
  );
}
