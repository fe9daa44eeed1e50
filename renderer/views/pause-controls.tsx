import { type ReactNode, useId } from 'react';
import type { Contribution, PauseLength } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { countdown } from '../text/format.ts';
import { text } from '../text/text.ts';
import { Button } from '../ui/primitives.tsx';
import { useNow } from '../ui/use-now.ts';

const lengths: readonly PauseLength[] = ['30m', '1h', 'tomorrow', 'manual'];

/** Pause with its four lengths, or the time left and the way to go on. */
export function PauseControls({ pause }: { pause: Contribution['pause'] }): ReactNode {
  const id = useId();
  return (
    <div className="pause">
      {pause === null ? null : <Resume until={pause.until} />}
      <div role="group" aria-labelledby={id} className="buttons">
        <span id={id} className="soft">
          {pause === null ? text.pauseFor : text.changePause}
        </span>
        {lengths.map((length) => (
          <Button
            key={length}
            label={text.pauseChoiceLabel(length)}
            onPress={() => {
              void client.pause(length);
            }}
          >
            {text.pauseChoice(length)}
          </Button>
        ))}
      </div>
    </div>
  );
}

function Resume({ until }: { until: number | null }): ReactNode {
  const now = useNow(until === null ? null : 1000);
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
        {text.resume}
      </Button>
      {until === null ? (
        <span className="soft">{text.pausedUntilResume}</span>
      ) : (
        <span role="timer">
          {text.resumesIn} <strong>{countdown(until - now)}</strong>
        </span>
      )}
    </div>
  );
}
