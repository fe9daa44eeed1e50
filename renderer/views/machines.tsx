import type { ReactNode } from 'react';
import type { Snapshot, VmView } from '../../electron/contract/snapshot.ts';
import { duration, percent } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { say } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Card, Foreign, Meter } from '../ui/primitives.tsx';

/** Phases in which no QEMU runs. */
const off: ReadonlySet<VmView['phase']> = new Set(['stopped', 'saved', 'backoff', 'failed']);

/** The VMs that are there, and what they run on. */
export function Machines({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { vms, grids, at } = snapshot;
  const name = gridNames(grids);
  const on = vms.filter(({ phase }) => !off.has(phase));
  const why = new Set(on.flatMap(({ accelerator }) => (accelerator ? [say(accelerator.said, at)] : [])));
  return (
    <Card title={t('home:processor')}>
      {on.length === 0 ? <p className="soft">{t('home:noVm')}</p> : null}
      {on.map((vm) => (
        <Machine key={vm.name} vm={vm} grid={vms.length > 1 ? name(vm.grid) : null} />
      ))}
      {[...why].map((words) => (
        <p key={words} className="soft small slow">
          {words}
        </p>
      ))}
    </Card>
  );
}

/** `grid`: whose it is, where there are several, each with its part of the share. */
function Machine({ vm, grid }: { vm: VmView; grid: string | null }): ReactNode {
  const facts = [
    t('home:vcpus', { count: vm.vcpus }),
    ...(vm.bootMs === null ? [] : [t('home:booted', { time: duration(vm.bootMs / 1000) })]),
    ...(vm.isolation === null ? [] : [t(`home:isolation.${vm.isolation}`)]),
  ];
  return (
    <div className="stack">
      {grid === null ? null : <Share vm={vm} grid={grid} />}
      <ul className="soft small inline-list">
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </div>
  );
}

function Share({ vm, grid }: { vm: VmView; grid: string }): ReactNode {
  const granted = percent(vm.shareGranted);
  const words =
    vm.shareMeasured === null
      ? t('home:shareUnknown', { granted })
      : t('home:shareInUse', { used: percent(vm.shareMeasured), granted });
  return (
    <>
      <div className="meter-row">
        <Foreign className="job-title">{grid}</Foreign>
        <span className="soft">{words}</span>
      </div>
      <Meter
        label={t('home:shareOf', { grid: plain(grid) })}
        value={vm.shareMeasured ?? 0}
        limit={vm.shareGranted}
        words={words}
      />
    </>
  );
}
