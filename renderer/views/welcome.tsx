import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import type { InForce } from './changes.ts';
import { Failed } from './failed.tsx';
import type { Go } from './place.ts';
import { AmountStep } from './welcome-amount.tsx';
import { BeginStep } from './welcome-begin.tsx';
import { CheckStep } from './welcome-check.tsx';
import { beginSetup, hasChosen, type Setup, type SetupStep, setupSteps, stepBeside } from './welcome-flow.ts';
import { ManagedWelcome } from './welcome-managed.tsx';
import { rememberedSetup, rememberSetup } from './welcome-memory.ts';
import { useSettings } from './welcome-settings.ts';
import { WorkStep } from './welcome-work.tsx';

/** The way to the first work; where an organization has locked anything, one page that says what. */
export function Welcome({ snapshot, go }: { snapshot: Snapshot; go: Go }): ReactNode {
  const { settings, failure, changes } = useSettings();
  if (failure !== null) return <Failed failure={failure} />;
  if (settings === null) {
    return (
      <p className="soft" role="status">
        {t('common:loading')}
      </p>
    );
  }
  const isService = snapshot.service !== null;
  if (isService || [...settings.values()].some(({ source }) => source === 'locked')) {
    return <ManagedWelcome snapshot={snapshot} settings={settings} go={go} />;
  }
  return <Steps snapshot={snapshot} settings={settings} changes={changes} go={go} />;
}

interface StepsProps {
  readonly snapshot: Snapshot;
  readonly settings: InForce;
  readonly changes: ReturnType<typeof useSettings>['changes'];
  readonly go: Go;
}

function Steps({ snapshot, settings, changes, go }: StepsProps): ReactNode {
  const { manager, grids, jobs } = snapshot;
  const why = useId();
  const done = {
    joined: manager !== null || grids.some(({ kind }) => kind !== 'local'),
    sampleRuns: jobs.some(
      ({ grid, state }) => grid === 'local' && (state === 'queued' || state === 'running'),
    ),
    preset: settings.get('preset')?.source === 'user',
  };
  const [setup, setSetup] = useState(() => beginSetup(rememberedSetup(), done));
  const [joined, setJoined] = useState(done.joined);
  // The Snapshot that tells of what was just joined may come after the way back.
  if (done.joined !== joined) {
    setJoined(done.joined);
    if (done.joined && setup.step === 'work') setSetup({ ...setup, step: 'amount' });
  }
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(setup.step);
  const { step } = setup;
  const chosen = hasChosen(setup, done);
  const isHeld = step === 'work' && !chosen;
  useEffect(() => {
    // Whoever listens or uses the keyboard begins each step at its title, but the window at its top.
    if (first.current === step && step === 'check') return;
    first.current = 'begin';
    heading.current?.focus();
    window.scrollTo(0, 0);
  }, [step]);

  const keep = (changed: Partial<Setup>): void => {
    const next = { ...setup, ...changed };
    setSetup(next);
    rememberSetup(next);
  };
  const move = (by: -1 | 1): void => {
    keep({ step: stepBeside(step, by) });
  };
  const finish = (): void => {
    keep({ state: 'finished' });
    if (setup.sample && !done.sampleRuns) void client.runSample();
    go({ page: 'home' });
  };
  return (
    <>
      <StepHead step={step} heading={heading} />
      {step === 'check' ? (
        <CheckStep />
      ) : step === 'work' ? (
        <WorkStep
          snapshot={snapshot}
          sample={setup.sample}
          sampleRuns={done.sampleRuns}
          onJoin={(place) => {
            keep({});
            go(place);
          }}
          onSample={(sample) => {
            keep({ sample });
          }}
        />
      ) : step === 'amount' ? (
        <AmountStep settings={settings} organization={snapshot.preset.organization} changes={changes} />
      ) : (
        <BeginStep
          snapshot={snapshot}
          sample={setup.sample || done.sampleRuns}
          settings={settings}
          changes={changes}
        />
      )}
      {isHeld ? (
        <p id={why} className="soft">
          {t('welcome:work.chooseFirst')}
        </p>
      ) : null}
      <div className="welcome-go">
        {step === 'begin' ? (
          <Button primary onPress={finish}>
            {t('welcome:begin.agree')}
          </Button>
        ) : (
          <Button
            primary
            heldBy={isHeld ? why : undefined}
            onPress={() => {
              move(1);
            }}
          >
            {t('welcome:next')}
          </Button>
        )}
        {step === 'check' ? null : (
          <Button
            onPress={() => {
              move(-1);
            }}
          >
            {t('welcome:back')}
          </Button>
        )}
        <Button
          quiet
          onPress={() => {
            keep({ state: 'left' });
            go({ page: 'home' });
          }}
        >
          {t('welcome:later')}
        </Button>
      </div>
    </>
  );
}

function StepHead(props: {
  step: SetupStep;
  heading: React.RefObject<HTMLHeadingElement | null>;
}): ReactNode {
  const { step, heading } = props;
  const current = setupSteps.indexOf(step);
  return (
    <>
      <div className="welcome">
        <h1 ref={heading} tabIndex={-1} className="page-title">
          {step === 'check' ? t('welcome:title') : t(`welcome:${step}.title`)}
        </h1>
        {step === 'check' ? <p>{t('welcome:what')}</p> : null}
      </div>
      <ol className="steps small" aria-label={t('welcome:steps')}>
        {setupSteps.map((name, index) => (
          <li
            key={name}
            className={index < current ? 'step-past' : ''}
            aria-current={index === current ? 'step' : undefined}
          >
            {t(`welcome:step.${name}`)}
          </li>
        ))}
      </ol>
    </>
  );
}
