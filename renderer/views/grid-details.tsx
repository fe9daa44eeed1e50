import { type ReactNode, useCallback } from 'react';
import type { GridDetail, GridView } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { ago, bytes, moment } from '../text/format.ts';
import { say } from '../text/host-words.ts';
import { t } from '../text/say.ts';
import { Facts, Foreign, Progress } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { ContactList } from './contacts.tsx';
import { Denials } from './denials.tsx';
import { Failed } from './failed.tsx';
import { Part } from './part.tsx';
import { PoolParts } from './pool-details.tsx';
import { Tasks } from './tasks.tsx';
import { useCommand } from './use-command.ts';

/** How often a grid is asked while its details are shown, in ms. */
const freshMs = 3000;

/** All that is known of one grid. */
export function GridDetails({ grid, at }: { grid: GridView; at: number }): ReactNode {
  const { id } = grid;
  const ask = useCallback(() => client.call('grids.show', { id }), [id]);
  const { answer, again } = useAsked(ask, freshMs);
  const { failure, run } = useCommand();
  if (answer === null) return <p className="soft small">{t('common:loading')}</p>;
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const detail = answer.value;
  const { denials, contacts, pool } = detail;
  const network = (
    <div className="columns">
      <Part title={t('grids:contacts')}>
        <ContactList
          contacts={contacts}
          ofPool={pool !== null}
          onForbid={({ host, port }) => {
            void run(() => client.call('grids.forbid', { id, host, port })).then(again);
          }}
        />
        {failure === null ? null : <Failed failure={failure} />}
        <p className="soft small">{t('grids:contactsHint')}</p>
      </Part>
      <Part title={t('grids:contacted')}>
        <Contacted rows={detail.contacted} at={at} />
      </Part>
    </div>
  );
  return (
    <div className="details">
      <p className="soft small">
        {detail.seenAt === null ? t('grids:neverSeen') : t('grids:seen', { when: ago(detail.seenAt, at) })}
      </p>
      {denials.length === 0 ? null : <Denials denials={denials} name={grid.name} at={at} onChanged={again} />}
      {pool === null ? (
        <>
          <Part title={t('grids:tasks')}>
            <Tasks grid={id} tasks={detail.tasks} at={at} onChanged={again} />
          </Part>
          <Transfers transfers={detail.transfers} at={at} />
          {network}
          <Part title={t('grids:messages')}>
            <Messages messages={detail.messages} at={at} />
          </Part>
          <Part title={t('grids:project')}>
            <Facts wide rows={aboutOf(detail)} />
          </Part>
        </>
      ) : (
        <PoolParts detail={detail} pool={pool} at={at}>
          {network}
        </PoolParts>
      )}
    </div>
  );
}

function aboutOf(detail: GridDetail): readonly (readonly [string, ReactNode])[] {
  const { grid, userName, hostId, diskBytes, diskLimitBytes, weakKey } = detail;
  const disk =
    diskLimitBytes === null
      ? bytes(diskBytes ?? 0)
      : t('grids:diskOf', { used: bytes(diskBytes ?? 0), most: bytes(diskLimitBytes) });
  return [
    ...(grid.url === null ? [] : [[t('grids:address'), <Foreign key="">{grid.url}</Foreign>] as const]),
    ...(userName === null ? [] : [[t('grids:account'), <Foreign key="">{userName}</Foreign>] as const]),
    ...(hostId === null ? [] : [[t('grids:hostId'), <Foreign key="">{hostId}</Foreign>] as const]),
    ...(diskBytes === null ? [] : [[t('grids:disk'), disk] as const]),
    ...(weakKey === null
      ? []
      : [[t('grids:key'), weakKey ? t('grids:weakKey') : t('grids:fullKey')] as const]),
  ];
}

function Transfers({ transfers, at }: Pick<GridDetail, 'transfers'> & { at: number }): ReactNode {
  if (transfers.length === 0) return null;
  return (
    <Part title={t('grids:transfers')}>
      <ul className="grid-jobs">
        {transfers.map(({ file, direction, bytes: done, totalBytes, bytesPerSecond, words, said }) => (
          <li key={`${direction} ${file}`}>
            <span className="meter-row">
              <span>
                {t(`grids:transfer.${direction}`)} <Foreign>{file}</Foreign>
              </span>
              <span className="soft small">
                {words === null
                  ? t('grids:transferRate', {
                      done: bytes(done),
                      total: bytes(totalBytes),
                      rate: bytes(bytesPerSecond),
                    })
                  : t('grids:transferWaits', { done: bytes(done), total: bytes(totalBytes) })}
              </span>
            </span>
            <Progress label={file} value={totalBytes > 0 ? Math.min(1, done / totalBytes) : null} />
            {words === null ? null : (
              <Foreign className="soft small line">{said === null ? words : say(said, at)}</Foreign>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Contacted({ rows, at }: { rows: GridDetail['contacted']; at: number }): ReactNode {
  if (rows.length === 0) return <p className="soft small">{t('grids:contactedNothing')}</p>;
  return (
    <ul className="places">
      {rows.map(({ host, sent, received, lastAt }) => (
        <li key={host}>
          <span>
            <Foreign className="place">{host}</Foreign>
            <span className="soft small line">
              {t('grids:traffic', { sent: bytes(sent), received: bytes(received) })} · {ago(lastAt, at)}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Messages({ messages, at }: { messages: GridDetail['messages']; at: number }): ReactNode {
  if (messages.length === 0) return <p className="soft small">{t('grids:noMessages')}</p>;
  const newestFirst = [...messages].reverse().sort((one, other) => other.at - one.at);
  return (
    <ul className="messages small" tabIndex={0} aria-label={t('grids:messages')}>
      {newestFirst.map((message, index) => (
        // Two may be alike to the letter.
        <li key={`${index} ${message.at}`} className={`message message-${message.priority}`}>
          <span className="soft when">{message.at === 0 ? '' : moment(message.at, at)}</span>
          <span>
            {message.title === '' ? null : <Foreign className="message-title">{message.title}</Foreign>}
            <Foreign>{message.text}</Foreign>
          </span>
        </li>
      ))}
    </ul>
  );
}
