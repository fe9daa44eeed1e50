import { type ReactNode, useId } from 'react';
import type { AttemptBody, Energy, LedgerEntry } from '../../electron/contract/ledger.ts';
import { client } from '../bridge/store.ts';
import { amount, bytes, duration, figure, instant, signedAmount } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Button, Facts, Foreign, Sum } from '../ui/primitives.tsx';
import { useModal } from '../ui/use-modal.ts';
import { isPending, isProject, OutcomeMark } from './activity-cells.tsx';
import { Digests } from './activity-digests.tsx';
import { Settlement } from './activity-settlement.tsx';
import { applicationOf, type NameOf, titleOf, whyOf } from './activity-words.ts';
import { Part } from './part.tsx';
import { SaveBar } from './save-bar.tsx';

type Rows = readonly (readonly [name: string, value: ReactNode])[];

/** The whole record of one entry. Escape closes it. */
export function ActivityEntry(props: { entry: LedgerEntry; nameOf: NameOf; onClose: () => void }): ReactNode {
  const { entry, nameOf } = props;
  const { body } = entry;
  const id = useId();
  const dialog = useModal();
  const title = titleOf(entry);
  return (
    <dialog
      ref={dialog}
      className="ask record"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <div className="record-top">
        <h2 id={id}>{title.ours ? title.words : <Foreign>{title.words}</Foreign>}</h2>
        <Button onPress={props.onClose}>{t('activity:close')}</Button>
      </div>
      <Facts wide rows={aboutOf(entry, nameOf)} />
      {body.kind === 'attempt' ? <Attempt body={body} /> : null}
      {body.kind === 'attempt' && body.grid === 'local' && body.outcome === 'done' ? (
        <SaveResult job={body.job} />
      ) : null}
      {body.kind === 'settlement' ? (
        <Settlement body={body} />
      ) : (
        <Part title={t('activity:record.hosts')}>
          <Hosts body={body} />
        </Part>
      )}
      <Part title={t('activity:record.ledger')}>
        <Facts wide rows={chainOf(entry)} />
        <Digests
          rows={[
            [t('activity:record.hash'), entry.hash],
            [t('activity:record.previous'), entry.previous],
          ]}
        />
      </Part>
    </dialog>
  );
}

function aboutOf(entry: LedgerEntry, nameOf: NameOf): Rows {
  const { body, personal } = entry;
  const grid = [t('activity:record.grid'), <Foreign key="">{nameOf(body.grid)}</Foreign>] as const;
  const times: Rows = [
    [t('activity:record.started'), instant(body.startedAt)],
    [t('activity:record.ended'), instant(body.endedAt)],
  ];
  switch (body.kind) {
    case 'attempt': {
      const application = applicationOf(entry);
      return [
        [
          t('activity:record.owner'),
          personal === null ? t('activity:record.expired') : <Foreign key="">{personal.owner}</Foreign>,
        ],
        grid,
        ...(application === null
          ? []
          : [[t('activity:record.application'), <Foreign key="">{application}</Foreign>] as const]),
        [t('activity:record.job'), <Foreign key="">{body.job}</Foreign>],
        [t('activity:record.attempt'), figure(body.attempt)],
        ...times,
      ];
    }
    case 'credit':
      return [
        grid,
        [t('activity:record.host'), <Foreign key="">{body.hostId}</Foreign>],
        [
          t('activity:record.change'),
          <Sum key="" words={signedAmount(body.to - body.from)} unit={unitWords(body.credit.unit)} />,
        ],
        [t('activity:record.before'), amount(body.from)],
        [t('activity:record.after'), amount(body.to)],
        [t('activity:record.receipt'), t('activity:observedHint')],
        ...times,
      ];
    case 'network':
      return [grid, [t('activity:record.denied'), figure(body.denied)], ...times];
    case 'settlement':
      return [
        grid,
        [t('activity:record.executions'), figure(body.executions)],
        [t('activity:time.first'), instant(body.startedAt)],
        [t('activity:time.last'), instant(body.endedAt)],
      ];
  }
}

function Attempt({ body }: { body: AttemptBody }): ReactNode {
  const why = whyOf(body);
  return (
    <>
      <Part title={t('activity:record.result')}>
        <Facts
          wide
          rows={[
            [
              t('activity:column.outcome'),
              <span key="">
                <OutcomeMark outcome={body.outcome} />
                {why === null ? null : <span className="soft small line">{why}</span>}
              </span>,
            ],
            [t('activity:column.earned'), <Credit key="" body={body} />],
          ]}
        />
      </Part>
      <Part title={t('activity:record.used')}>
        <Facts
          rows={[
            [t('activity:column.cpu'), duration(body.cpuSeconds)],
            [t('activity:record.wall'), duration(body.wallSeconds)],
            [t('activity:record.frozen'), duration(body.frozenSeconds)],
            [t('activity:record.memory'), bytes(body.memoryPeakBytes)],
            [t('activity:record.accelerator'), <Foreign key="">{body.accelerator}</Foreign>],
          ]}
        />
        <Facts
          wide
          rows={[[t('activity:record.energy'), <EnergyWords key="" energy={body.energy ?? null} />]]}
        />
      </Part>
      <Part title={t('activity:record.data')}>
        <p className="soft small">{originOf(body.grid)}</p>
        <Digests
          rows={[
            [t('activity:record.image'), body.appliance],
            [t('activity:record.document'), body.documentDigest],
            [t('activity:record.input'), body.inputDigest],
            [t('activity:record.output'), body.resultDigest],
          ]}
        />
      </Part>
    </>
  );
}

function originOf(grid: string): string {
  if (grid === 'local') return t('activity:record.originHere');
  return isProject(grid) ? t('activity:record.originGrid') : t('activity:record.originPool');
}

/** What a job of this computer's own queue wrote, as long as it is kept. */
function SaveResult({ job }: { job: string }): ReactNode {
  const save = () => client.save('jobs.result', { id: job }, `${job}.tar`);
  return <SaveBar choices={[{ name: t('activity:record.saveResult'), save }]} />;
}

function Credit({ body }: { body: AttemptBody }): ReactNode {
  if (body.credit === null) {
    return isPending(body) ? t('activity:record.pending') : t('activity:record.nothingEarned');
  }
  return (
    <span>
      <Sum words={amount(body.credit.amount)} unit={unitWords(body.credit.unit)} />
      <span className="soft small line">{t(`activity:record.receipt.${body.credit.status}`)}</span>
    </span>
  );
}

function EnergyWords({ energy }: { energy: Energy | null }): ReactNode {
  if (energy === null) return t('activity:record.noEnergy');
  return (
    <span>
      {t('activity:record.wattHours', { amount: amount(energy.wattHours) })}
      <span className="soft small line">{t(`activity:record.model.${energy.model}`)}</span>
    </span>
  );
}

function Hosts({ body }: Pick<LedgerEntry, 'body'>): ReactNode {
  if (body.hosts.length === 0) {
    const isElsewhere = body.kind === 'attempt' && body.grid !== 'local';
    return (
      <p className="soft small">
        {isElsewhere ? t('activity:record.hostsElsewhere') : t('activity:record.noHosts')}
      </p>
    );
  }
  return (
    <table className="latest small" aria-label={t('activity:record.hosts')}>
      <thead>
        <tr>
          <th scope="col">{t('activity:record.hostName')}</th>
          <th scope="col" className="number">
            {t('activity:record.sent')}
          </th>
          <th scope="col" className="number">
            {t('activity:record.received')}
          </th>
        </tr>
      </thead>
      <tbody>
        {body.hosts.map(({ host, sent, received }) => (
          <tr key={host}>
            <th scope="row">
              <Foreign>{host}</Foreign>
            </th>
            <td className="number">{bytes(sent)}</td>
            <td className="number">{bytes(received)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function chainOf({ seq, bookedAt }: LedgerEntry): Rows {
  return [
    [t('activity:record.number'), figure(seq)],
    [t('activity:record.booked'), instant(bookedAt)],
  ];
}
