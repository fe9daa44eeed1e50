import { type ReactNode, useId } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import type { Go } from './place.ts';

/** What Gleaner is, and the three ways to begin. */
export function Welcome({ snapshot, go }: { snapshot: Snapshot; go: Go }): ReactNode {
  const { organization } = snapshot.preset;
  return (
    <>
      <section className="welcome">
        <span className="hero-mark">
          <Mark name="working" size={44} />
        </span>
        <h1 className="page-title">{t('welcome:title')}</h1>
        <p>{t('welcome:what')}</p>
      </section>
      <section className="ways" aria-label={t('welcome:ways')}>
        <Way title={t('welcome:public.title')} words={t('welcome:public.words')} mark="globe">
          <Button
            primary
            onPress={() => {
              go({ page: 'join' });
            }}
          >
            {t('welcome:public.do')}
          </Button>
        </Way>
        <Sample snapshot={snapshot} go={go} />
        <Way
          title={t('welcome:company.title')}
          words={
            organization === null
              ? t('welcome:company.words')
              : t('welcome:company.set', { organization: plain(organization) })
          }
          mark="building"
        >
          <Button
            onPress={() => {
              go({ page: 'preferences' });
            }}
          >
            {t('welcome:company.do')}
          </Button>
        </Way>
      </section>
      <div className="welcome-later">
        <Button
          quiet
          onPress={() => {
            go({ page: 'home' });
          }}
        >
          {t('welcome:later')}
        </Button>
      </div>
    </>
  );
}

function Sample({ snapshot, go }: { snapshot: Snapshot; go: Go }): ReactNode {
  const asking = useReplica((replica) => replica.asking > 0);
  const runs = snapshot.jobs.some(({ state }) => state === 'queued' || state === 'running');
  return (
    <Way
      title={t('welcome:sample.title')}
      words={runs ? t('welcome:sample.runs') : t('welcome:sample.words')}
      mark="spark"
    >
      <Button
        disabled={asking}
        onPress={() => {
          if (!runs) void client.runSample();
          go({ page: 'home' });
        }}
      >
        {runs ? t('welcome:sample.see') : t('welcome:sample.do')}
      </Button>
    </Way>
  );
}

function Way(props: { title: string; words: string; mark: MarkName; children: ReactNode }): ReactNode {
  const id = useId();
  return (
    <section className="card way" aria-labelledby={id}>
      <span className="way-mark">
        <Mark name={props.mark} size={26} />
      </span>
      <h2 id={id}>{props.title}</h2>
      <p className="soft">{props.words}</p>
      {props.children}
    </section>
  );
}
