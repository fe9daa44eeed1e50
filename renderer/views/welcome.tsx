import { type ReactNode, useId } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { joinText } from '../text/join-text.ts';
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
        <h1 className="page-title">{joinText.welcomeTitle}</h1>
        <p>{joinText.welcomeWhat}</p>
      </section>
      <section className="ways" aria-label={joinText.welcomeWays}>
        <Way title={joinText.publicTitle} words={joinText.publicWords} mark="globe">
          <Button
            primary
            onPress={() => {
              go({ page: 'join' });
            }}
          >
            {joinText.publicDo}
          </Button>
        </Way>
        <Sample snapshot={snapshot} go={go} />
        <Way
          title={joinText.companyTitle}
          words={organization === null ? joinText.companyWords : joinText.companySet(organization)}
          mark="building"
        >
          <Button
            onPress={() => {
              go({ page: 'preferences' });
            }}
          >
            {joinText.companyDo}
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
          {joinText.later}
        </Button>
      </div>
    </>
  );
}

function Sample({ snapshot, go }: { snapshot: Snapshot; go: Go }): ReactNode {
  const asking = useReplica((replica) => replica.asking > 0);
  const runs = snapshot.jobs.some(({ state }) => state === 'queued' || state === 'running');
  return (
    <Way title={joinText.sampleTitle} words={runs ? joinText.sampleRuns : joinText.sampleWords} mark="spark">
      <Button
        disabled={asking}
        onPress={() => {
          if (!runs) void client.runSample();
          go({ page: 'home' });
        }}
      >
        {runs ? joinText.sampleSee : joinText.sampleDo}
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
