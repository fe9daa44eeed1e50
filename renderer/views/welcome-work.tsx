import { type ReactNode, useId } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { list } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import type { Place } from './place.ts';

/** Which grid: any of the three ways, or, once one is joined, none of them. */
export function WorkStep(props: {
  snapshot: Snapshot;
  onJoin: (place: Place) => void;
  onSample: () => void;
}): ReactNode {
  const { grids, manager, jobs } = props.snapshot;
  const names = [
    ...(manager === null ? [] : [manager.name]),
    ...grids.filter(({ kind }) => kind !== 'local').map(({ name }) => name),
  ];
  const runs = jobs.some(
    ({ grid, state }) => grid === 'local' && (state === 'queued' || state === 'running'),
  );
  return (
    <>
      {names.length === 0 ? null : (
        <p className="notice foreign">{t('welcome:work.joined', { names: list(names.map(plain)) })}</p>
      )}
      <section className="ways" aria-label={t('welcome:work.ways')}>
        <Way title={t('welcome:public.title')} words={t('welcome:public.words')} mark="globe">
          <Button
            primary={names.length === 0}
            onPress={() => {
              props.onJoin({ page: 'join', from: 'welcome' });
            }}
          >
            {t('welcome:public.do')}
          </Button>
        </Way>
        <Way title={t('welcome:manager.title')} words={t('welcome:manager.words')} mark="building">
          <Button
            onPress={() => {
              props.onJoin({ page: 'join', from: 'welcome', at: 'address' });
            }}
          >
            {t('welcome:manager.do')}
          </Button>
        </Way>
        <Way
          title={t('welcome:sample.title')}
          words={runs ? t('welcome:sample.runs') : t('welcome:sample.words')}
          mark="spark"
        >
          <Button onPress={props.onSample}>{t('welcome:sample.do')}</Button>
        </Way>
      </section>
      <p className="soft small">{t('welcome:work.company')}</p>
    </>
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
