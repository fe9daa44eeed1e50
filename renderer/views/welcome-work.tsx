import { type ReactNode, useId } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { list } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import type { Place } from './place.ts';

/** Which grid: any of the three ways, and more than one if the person likes. */
export function WorkStep(props: {
  snapshot: Snapshot;
  /** They have chosen the sample. */
  sample: boolean;
  sampleRuns: boolean;
  onJoin: (place: Place) => void;
  onSample: (sample: boolean) => void;
}): ReactNode {
  const { sample, sampleRuns } = props;
  const { grids, manager } = props.snapshot;
  const namesOf = (of: GridView['kind']): string[] =>
    grids.filter(({ kind }) => kind === of).map(({ name }) => plain(name));
  const projects = namesOf('boinc');
  const pools = namesOf('condor');
  return (
    <>
      <section className="ways" aria-label={t('welcome:work.ways')}>
        <Way
          title={t('welcome:public.title')}
          words={t('welcome:public.words')}
          mark="globe"
          chosen={projects.length === 0 ? null : t('welcome:work.joined', { names: list(projects) })}
        >
          <Button
            onPress={() => {
              props.onJoin({ page: 'join', from: 'welcome' });
            }}
          >
            {projects.length === 0 ? t('welcome:public.do') : t('welcome:public.more')}
          </Button>
        </Way>
        <Way
          title={t('welcome:manager.title')}
          words={t('welcome:manager.words')}
          mark="building"
          chosen={manager === null ? null : t('welcome:work.joined', { names: plain(manager.name) })}
        >
          {manager === null ? (
            <Button
              onPress={() => {
                props.onJoin({ page: 'join', from: 'welcome', at: 'address' });
              }}
            >
              {t('welcome:manager.do')}
            </Button>
          ) : null}
        </Way>
        <Way
          title={t('welcome:sample.title')}
          words={sampleRuns ? t('welcome:sample.runs') : t('welcome:sample.words')}
          mark="spark"
          chosen={sample || sampleRuns ? t('welcome:work.chosen') : null}
        >
          {sampleRuns ? null : (
            <Button
              pressed={sample}
              onPress={() => {
                props.onSample(!sample);
              }}
            >
              {t('welcome:sample.do')}
            </Button>
          )}
        </Way>
      </section>
      <div className="stack">
        <p className="soft small">{t('welcome:work.company')}</p>
        <div className="welcome-pool soft small">
          <span>{t('welcome:work.poolFile')}</span>
          <Button
            small
            quiet
            onPress={() => {
              props.onJoin({ page: 'join-pool', from: 'welcome' });
            }}
          >
            {t('welcome:work.joinPool')}
          </Button>
        </div>
        {pools.length === 0 ? null : (
          <p className="small foreign">{t('welcome:work.joined', { names: list(pools) })}</p>
        )}
      </div>
    </>
  );
}

function Way(props: {
  title: string;
  words: string;
  mark: MarkName;
  /** What was chosen of it; null: it was not. */
  chosen: string | null;
  children: ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <section className={`card way ${props.chosen === null ? '' : 'way-chosen'}`} aria-labelledby={id}>
      <span className="way-mark">
        <Mark name={props.mark} size={26} />
      </span>
      <h2 id={id}>{props.title}</h2>
      <p className="soft">{props.words}</p>
      <p role="status" className="way-choice foreign">
        {props.chosen}
      </p>
      {props.children}
    </section>
  );
}
