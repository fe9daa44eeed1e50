import { type ReactNode, useId } from 'react';
import type { Contribution, PauseChoice } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { countdown, moment } from '../text/format.ts';
import { around, t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import { useNow } from '../ui/use-now.ts';

const lengths: readonly PauseChoice[] = ['30m', '1h', 'tomorrow', 'manual'];

/** Pause with its lengths, but for the one that holds already, or the time left and the way to go on. */
export function PauseControls({
  pause,
  mayPause,
}: {
  pause: Contribution['pause'];
  /** Else the administrator of the machine's service does. */
  mayPause: boolean;
}): ReactNode {
  const id = useId();
  if (!mayPause) {
    return (
      <div className="pause">
        {pause?.until == null ? null : <Countdown until={pause.until} />}
        <p className="soft">{t('home:pause.refused')}</p>
      </div>
    );
  }
  const offered = lengths.filter((length) => length !== 'manual' || pause === null || pause.until !== null);
  return (
    <div className="pause">
      {pause === null ? null : <Resume until={pause.until} />}
      <div role="group" aria-labelledby={id} className="buttons">
        <span id={id} className="soft">
          {pause === null ? t('home:pause.for') : t('home:pause.instead')}
        </span>
        {offered.map((length) => (
          <Button
            key={length}
            label={t(`home:pause.label.${length}`)}
            onPress={() => {
              void client.pause(length);
            }}
          >
            {t(`home:pause.choice.${length}`)}
          </Button>
        ))}
      </div>
    </div>
  );
}

function Resume({ until }: { until: number | null }): ReactNode {
  const asking = useReplica((replica) => replica.asking > 0);
  return (
    <div className="resume">
      <Button
        primary
        disabled={asking}
        onPress={() => {
          void client.resume();
        }}
      >
        {t('home:pause.resume')}
      </Button>
      {until === null ? <span className="soft">{t('home:pause.manual')}</span> : <Countdown until={until} />}
    </div>
  );
}

/** The time that is left of a pause, to the second, and when that will be. */
function Countdown({ until }: { until: number }): ReactNode {
  const now = useNow(1000);
  const [before, after] = around('home:pause.left', 'time');
  return (
    <span className="countdown">
      <span role="timer">
        {before}
        <strong className="countdown-figure">{countdown(until - now)}</strong>
        {after}
      </span>
      <span className="soft small line">{t('home:pause.at', { time: moment(until, now) })}</span>
    </span>
  );
}
