import type { ReactNode } from 'react';
import type { EarningsReport } from '../../electron/contract/earnings.ts';
import { client } from '../bridge/store.ts';
import { amount, duration, energy, figure, money, price, watts } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button, Card, Facts, Sum } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import type { Earned } from './earnings-sums.ts';
import type { Go } from './place.ts';

/** What a time gave, and what it took. */
export function Summary(props: {
  report: EarningsReport;
  earned: readonly Earned[];
  name: (grid: string) => string;
  go: Go;
}): ReactNode {
  const { report, earned, name, go } = props;
  const { total } = report;
  const hints = (['pending', 'observed'] as const).filter((status) =>
    earned.some(({ statuses }) => statuses.includes(status)),
  );
  return (
    <div className="earned-summary">
      <Card title={t('earnings:summary')}>
        <Facts
          large
          rows={[
            // Units are never added up: each grid and unit stands for itself.
            ...earned.map(
              (one) =>
                [
                  t('earnings:earnedFrom', { grid: plain(name(one.grid)) }),
                  <Amount key="" earned={one} />,
                ] as const,
            ),
            [
              t('earnings:jobs'),
              <>
                {figure(total.jobsDone)}
                {total.jobsFailed > 0 ? (
                  <span className="soft small line">{t('earnings:failed', { count: total.jobsFailed })}</span>
                ) : null}
              </>,
            ],
            [t('earnings:cpu'), duration(total.cpuSeconds)],
          ]}
        />
        {hints.map((status) => (
          <p key={status} className="soft small earned-hint">
            {t(`earnings:means.${status}`)}
          </p>
        ))}
      </Card>
      <Electricity report={report} go={go} />
    </div>
  );
}

/** The surest amount large, the others beside it: they are never added up either. */
function Amount({ earned }: { earned: Earned }): ReactNode {
  const { statuses, total, unit } = earned;
  return statuses.map((status, index) =>
    index === 0 ? (
      <span key={status}>
        <Sum words={amount(total[status])} unit={unitWords(unit)} />
        <span className="soft small line">{t(`earnings:status.${status}`)}</span>
      </span>
    ) : (
      <span key={status} className="soft small line">
        {amount(total[status])} {t(`earnings:status.${status}`)}
      </span>
    ),
  );
}

/** An estimate, with how it was made; its cost only where the person said what a kWh costs. */
function Electricity({ report, go }: { report: EarningsReport; go: Go }): ReactNode {
  const { models, wattHours, unknownCpuSeconds } = report.total.energy;
  const { electricity } = report.total;
  return (
    <Card title={t('earnings:electricity')} className="electricity">
      {models.length === 0 ? (
        <p className="soft">{t('earnings:noEnergy')}</p>
      ) : (
        <>
          <Facts
            large
            rows={[
              [t('earnings:energy'), energy(wattHours)],
              ...(report.price === null || electricity === null
                ? []
                : [
                    [
                      t('earnings:cost'),
                      <>
                        {money(electricity, report.price.currency)}
                        <span className="soft small line">
                          {t('earnings:price', { price: price(report.price.perKwh, report.price.currency) })}
                        </span>
                      </>,
                    ] as const,
                  ]),
            ]}
          />
          <p className="soft small earned-hint">
            <Model models={models} /> {t('earnings:notIn')}
            {unknownCpuSeconds > 0 ? ` ${t('earnings:lacks', { time: duration(unknownCpuSeconds) })}` : null}
          </p>
        </>
      )}
      {report.price === null ? (
        <Button
          quiet
          small
          onPress={() => {
            go({ page: 'preferences', open: 'energy' });
          }}
        >
          {t('earnings:setPrice')}
        </Button>
      ) : null}
    </Card>
  );
}

/** How the energy was estimated; nothing until it is known what a busy core counts as. */
function Model({ models }: { models: EarningsReport['total']['energy']['models'] }): ReactNode {
  const { answer } = useAsked(client.listSettings, null);
  if (!models.includes('cpu-time')) return t('earnings:model.rapl');
  const setting = answer?.ok === true ? answer.value.find(({ key }) => key === 'energy.wattsPerCore') : null;
  if (typeof setting?.value !== 'number') return null;
  const values = { power: watts(setting.value) };
  return models.includes('rapl') ? t('earnings:model.both', values) : t('earnings:model.cpu-time', values);
}
