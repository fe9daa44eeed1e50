import type { ReactNode } from 'react';
import type { Denial } from '../../electron/contract/network.ts';
import { gridsText } from '../text/grids-text.ts';
import { text } from '../text/text.ts';
import { Mark } from '../ui/marks.tsx';
import { Button, Foreign } from '../ui/primitives.tsx';
import { placeOf } from './contacts.tsx';
import type { Go } from './place.ts';

/** That something was refused lately, the latest first; what and why stands with its grid. */
export function DeniedLately(props: {
  denials: readonly Denial[];
  name: (grid: string) => string;
  go: Go;
  onSeen: (until: number) => void;
}): ReactNode {
  const { denials, name, go } = props;
  const [latest] = denials;
  if (latest === undefined) return null;
  const others = denials.length - 1;
  return (
    <section className="notice notice-warn" aria-label={gridsText.denials}>
      <Mark name="attention" size={20} />
      <div>
        <p>
          <Foreign>{gridsText.deniedLately(name(latest.grid), placeOf(latest))}</Foreign>
        </p>
        {others === 0 ? null : <p className="soft small">{gridsText.deniedMore(others)}</p>}
      </div>
      <span className="buttons">
        <Button
          onPress={() => {
            go({ page: 'grids', open: latest.grid });
          }}
        >
          {gridsText.deniedSee}
        </Button>
        <Button
          quiet
          onPress={() => {
            props.onSeen(latest.lastAt);
          }}
        >
          {text.dismiss}
        </Button>
      </span>
    </section>
  );
}
