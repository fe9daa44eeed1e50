import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { LogLevel, LogLine } from '../../electron/contract/health.ts';
import { client } from '../bridge/store.ts';
import { copyWords } from '../text/copy-words.ts';
import { t } from '../text/say.ts';
import { CopyButton } from '../ui/copyable.tsx';
import { Pick } from '../ui/pick.tsx';
import { Button, Card, Disclosure } from '../ui/primitives.tsx';
import { Segments } from '../ui/segments.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';

/** How many lines are shown, and in how many topics are looked for. */
const shownLines = 200;
const searchedLines = 2000;

const askTopics = () => client.call('logs.tail', { lines: searchedLines });

/** The host's log, for whoever wants to know. */
export function HealthLog(): ReactNode {
  return (
    <Card title={t('health:log.title')}>
      <p className="soft">{t('health:log.what')}</p>
      <Disclosure label={t('health:log.show')}>
        <Lines />
      </Disclosure>
    </Card>
  );
}

type Level = LogLevel | 'all';
/** A topic is one word; this is none. */
const everything = '';

function Lines(): ReactNode {
  const [level, setLevel] = useState<Level>('all');
  const [topic, setTopic] = useState(everything);
  const lines = useRef<HTMLPreElement>(null);
  const ask = useCallback(
    () =>
      client.call('logs.tail', {
        lines: shownLines,
        ...(level === 'all' ? {} : { level }),
        ...(topic === everything ? {} : { topic }),
      }),
    [level, topic],
  );
  const { answer, again } = useAsked(ask, null);
  const { answer: whole } = useAsked(askTopics, null);
  useLayoutEffect(() => {
    // The latest stands last.
    lines.current?.scrollTo(0, lines.current.scrollHeight);
  }, [answer]);
  const topics = whole?.ok === true ? [...new Set(whole.value.map((line) => line.topic))].sort() : [];
  if (answer === null) return <p className="soft small">{t('common:loading')}</p>;
  if (!answer.ok) return <Failed failure={answer.failure} />;
  return (
    <div className="stack">
      <div className="log-tools">
        <Segments<Level>
          label={t('health:log.level')}
          value={level}
          options={[
            { id: 'all', words: t('health:log.level.all') },
            { id: 'warn', words: t('health:log.level.warn') },
          ]}
          onChange={setLevel}
        />
        <Pick
          label={t('health:log.topic')}
          value={topic}
          options={[
            { id: everything, words: t('health:log.topic.all') },
            ...topics.map((name) => ({ id: name, words: name, lang: 'en' })),
          ]}
          onChange={setTopic}
        />
      </div>
      <div className="meter-row log-count">
        <p className="soft small" role="status">
          {t('health:log.count', { count: answer.value.length })}
        </p>
        <span className="buttons">
          {answer.value.length === 0 ? null : (
            <CopyButton of={lines} label={t('health:log.copy')} {...copyWords()} />
          )}
          <Button small onPress={() => void again()}>
            {t('health:lookAgain')}
          </Button>
        </span>
      </div>
      {answer.value.length === 0 ? null : (
        // It scrolls, so the keyboard must get into it.
        <pre
          ref={lines}
          className="log foreign"
          lang="en"
          dir="ltr"
          tabIndex={0}
          role="region"
          aria-label={t('health:log.lines')}
        >
          {answer.value.map(lineText).join('\n')}
        </pre>
      )}
    </div>
  );
}

/** As it stands in the file, so that what is copied can be found there. */
function lineText({ at, level, topic, text }: LogLine): string {
  return `${new Date(at).toISOString()} ${level} ${topic} ${text}`;
}
