import type { JobView, VmView } from '../../electron/contract/snapshot.ts';

/** Below these nothing can be told from what was done so far. */
const leastProgress = 0.03;
const leastCpuSeconds = 30;

/**
 * How long a running job takes at the pace of its VM, in seconds; null where nobody can tell. Its progress is taken to
 * follow its CPU time, and the VM's CPU time to be divided evenly among the `beside` jobs that run in it. A second attempt
 * may have begun at a checkpoint, so that its CPU time and its progress do not fit. Pure.
 * @param vm the job's VM; its measured share is of all of its vCPUs
 */
export function secondsLeft(
  { progress, cpuSeconds, attempt }: Pick<JobView, 'progress' | 'cpuSeconds' | 'attempt'>,
  vm: Pick<VmView, 'phase' | 'shareMeasured' | 'vcpus'> | undefined,
  beside: number,
): number | null {
  if (progress === null || progress < leastProgress || progress >= 1) return null;
  if (cpuSeconds < leastCpuSeconds || attempt > 1) return null;
  if (vm?.phase !== 'running' || vm.shareMeasured === null || beside < 1) return null;
  // What is held back to almost nothing ends nobody knows when.
  if (vm.shareMeasured < 0.01) return null;
  const cpuPerSecond = (vm.shareMeasured * vm.vcpus) / beside;
  return ((cpuSeconds / progress) * (1 - progress)) / cpuPerSecond;
}

/** Whether what began the job stands still, because its machine does. Pure. */
export function standsStill(
  job: Pick<JobView, 'grid'>,
  vms: readonly Pick<VmView, 'grid' | 'phase'>[],
): boolean {
  return vms.find(({ grid }) => grid === job.grid)?.phase !== 'running';
}
