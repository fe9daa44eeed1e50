import { describe, expect, it } from 'vitest';
import type { JobView, Snapshot } from '../../electron/contract/snapshot.ts';
import { runDemo } from '../../electron/shell/demo.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeHost, fakeContribution, fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';

const queued = fakeJob({ state: 'queued', progress: null, progressText: '', startedAt: null });
const [vm] = fakeSnapshot().vms;
const withJob = (job: JobView, changes: Partial<Snapshot> = {}): Snapshot =>
  fakeSnapshot({ jobs: [job], ...changes });

function telling(host: FakeHost) {
  const lines: string[] = [];
  const done = runDemo({
    api: host,
    clock: new FakeClock(),
    print: (line) => {
      lines.push(line.trim().replace(/^[\d.]+ s +/, ''));
    },
  });
  /** After `runDemo` listens, and has looked at what it heard. */
  const emit = async (snapshot: Snapshot): Promise<void> => {
    while (host.listeners === 0) await Promise.resolve();
    host.emit(snapshot);
    await Promise.resolve();
  };
  return { lines, done, emit };
}

describe('runDemo', () => {
  it('tells the boot, the job, its result and what was booked', async () => {
    const host = new FakeHost();
    host.snapshot = withJob(queued, { vms: [] });
    host.stdout = 'priced 5 options\n\u001b[31mred\n';
    const { lines, done, emit } = telling(host);
    if (vm) await emit(withJob(queued, { vms: [{ ...vm, phase: 'starting', bootMs: null }] }));
    await emit(withJob(queued));
    await emit(withJob(fakeJob({ progress: 0.2, progressText: 'option 1 of 5' })));
    await emit(withJob(fakeJob({ progress: 0.2, progressText: 'option 1 of 5' })));
    await emit(withJob(fakeJob({ state: 'done', progress: 1, progressText: 'option 5 of 5' })));
    expect(await done).toBeNull();
    expect(lines).toEqual([
      'Starting a virtual machine: 1 vCPU, 768 MiB.',
      'It was ready 2.6 s after its start, with full isolation.',
      'Accelerator: tcg. kvm is not there',
      'Job: Option book 1 of 10, for sample.',
      '20 %  option 1 of 5',
      '100 %  option 5 of 5',
      'Done: 1 min of CPU time. Its result:',
      'priced 5 options',
      '[31mred',
      'Booked: entry 1, attempt 1 done, earned 5 points (settled).',
    ]);
    expect(host.listeners).toBe(0);
  });

  it('resumes, and queues the sample project when nothing is left of it', async () => {
    const host = new FakeHost();
    host.snapshot = fakeSnapshot({
      jobs: [],
      contribution: fakeContribution({ pause: { length: 'manual', since: 0, until: null } }),
    });
    const { done, emit } = telling(host);
    await emit(withJob(fakeJob()));
    await emit(withJob(fakeJob({ state: 'done' })));
    expect(await done).toBeNull();
    expect(host.asked.map(({ name }) => name)).toEqual(['status', 'resume', 'jobs.sample', 'jobs.show']);
  });

  it('notices a job that ran between two Snapshots', async () => {
    const host = new FakeHost();
    host.snapshot = withJob(queued);
    const { done, emit } = telling(host);
    await emit(withJob(queued));
    await emit(withJob(fakeJob({ state: 'done' })));
    expect(await done).toBeNull();
  });

  it('ends with the failure of the job', async () => {
    const host = new FakeHost();
    host.snapshot = withJob(queued);
    const failure = { code: 'job-check-failed', sentence: 'A price is wrong.' } as const;
    const { done, emit } = telling(host);
    await emit(withJob(fakeJob()));
    await emit(withJob(fakeJob({ state: 'failed', failure })));
    expect(await done).toEqual(failure);
  });

  it('ends with the failure of the VM, and with whatever else needs attention', async () => {
    const failure = { code: 'qemu-missing', sentence: 'There is no QEMU.' } as const;
    const first = new FakeHost();
    first.snapshot = withJob(queued, { vms: vm ? [{ ...vm, phase: 'failed', failure }] : [] });
    expect(await telling(first).done).toEqual(failure);

    const second = new FakeHost();
    second.snapshot = withJob(queued, {
      contribution: fakeContribution({ state: 'attention', sentence: 'Something leaks.' }),
      problems: [{ code: 'isolation-leak', sentence: 'Something leaks.' }],
    });
    expect(await telling(second).done).toEqual({ code: 'isolation-leak', sentence: 'Something leaks.' });
  });
});
