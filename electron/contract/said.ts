import { z } from 'zod';
import { type Failure, FailureCode } from './failures.ts';

/** Foreign or English text: names, addresses, details. */
const text = z.string().max(1000);
const count = z.int().min(0);
/** Epoch milliseconds. */
const time = z.int();
const minutes = z.int().min(1);
/** A `Failure` without its hint. */
const failure = { failure: FailureCode, sentence: text };
const accelerator = z.enum(['kvm', 'hvf', 'whpx', 'tcg']);

const says = <Code extends string, Values extends z.core.$ZodLooseShape>(code: Code, values: Values) =>
  z.strictObject({ code: z.literal(code), values: z.strictObject(values) });

/**
 * What the host says beside its English sentence: which message, and the values in it, so that window and tray can say
 * it in any language. Closed: each code has exactly one message in `text/catalogue`, and there alone is its wording in
 * other languages.
 */
export const Said = z.discriminatedUnion('code', [
  says('failure', failure),

  // Reasons of an allowance: words that fit behind "Paused: …".
  says('reason.profile-broken', {}),
  says('reason.shutdown', {}),
  says('reason.sleep', {}),
  says('reason.pause', {}),
  says('reason.pause-until', { until: time }),
  says('reason.disabled', {}),
  says('reason.call', {}),
  says('reason.presentation', {}),
  says('reason.full-screen', {}),
  says('reason.program', { program: text }),
  says('reason.remote-session', {}),
  says('reason.session-away', {}),
  says('reason.input', {}),
  says('reason.load', {}),
  says('reason.battery', {}),
  says('reason.schedule', {}),
  says('reason.schedule-until', { until: time }),
  says('reason.disk', {}),
  says('reason.quiet', {}),
  says('reason.quiet-blind', {}),
  says('reason.locked-screen', {}),
  says('reason.limit', {}),
  says('reason.limit-of-grid', {}),
  says('reason.turn', {}),

  // What the contribution does.
  says('state.giving-back', {}),
  says('state.working', { title: text }),
  says('state.starting', {}),
  says('state.starting-again', {}),
  says('state.starting-after', failure),
  says('state.next-job', {}),
  says('state.no-work', {}),

  // What a grid does.
  says('grid.job-runs', {}),
  says('grid.jobs-wait', { jobs: count }),
  says('grid.empty', {}),
  says('grid.attention', {}),
  says('grid.leaving', {}),
  says('grid.suspended', {}),
  says('grid.signs-in', {}),
  says('grid.signs-in-later', {}),
  says('grid.computes', { tasks: count }),
  says('grid.files', {}),
  says('grid.no-work', { minutes }),
  says('grid.unreachable', { minutes }),
  says('grid.sends-later', { minutes }),
  says('grid.at-hand', { tasks: count }),
  says('grid.turn-with-tasks', { tasks: count }),
  says('grid.reports', {}),
  says('grid.turn-to-report', {}),
  says('grid.finished', {}),
  says('grid.asks', {}),
  says('grid.tried-again', {}),
  says('grid.turn-to-ask', {}),
  says('grid.stands-still', {}),
  says('grid.pool-policy-first', {}),
  says('grid.pool-connects', {}),
  says('grid.pool-connects-later', {}),
  says('grid.pool-runs', { jobs: count }),
  says('grid.pool-ready', {}),
  says('grid.pool-ready-later', {}),
  says('grid.pool-hands-back', { jobs: count }),
  says('grid.pool-drains', { jobs: count }),
  says('grid.pool-closed', {}),
  says('grid.pool-holds', { jobs: count }),

  // What became of an execution of a pool's job, or what it does.
  says('execution.evicted', {}),
  says('execution.rerun', {}),
  says('execution.lost', {}),

  says('task.lost', {}),
  says('task.aborting', {}),
  says('task.stands-still', {}),
  says('task.suspended', {}),
  says('transfer.again', { retries: count, minutes }),
  says('job.downloading', {}),
  says('job.uploading', {}),
  says('job.reporting', {}),

  // Why a VM has its accelerator.
  says('accelerator.asked', { accelerator }),
  says('accelerator.hardware', { accelerator }),
  says('accelerator.saved', {}),
  says('accelerator.none', {}),
  says('accelerator.no-device', {}),
  says('accelerator.device-closed', {}),
  says('accelerator.device-not-ours', {}),
  says('accelerator.no-boot', { accelerator }),

  // What a gateway refused. `place` is `host:port`; `fault` is English; `denial.earlier`: only the sentence is known.
  says('denial.earlier', { sentence: text }),
  says('denial.others', {}),
  says('denial.bad-request', { fault: text }),
  says('denial.not-listed', { place: text }),
  says('denial.own', { place: text }),
  says('denial.private', { place: text }),
  says('denial.special', { place: text }),
  says('denial.leads-to-own', { place: text, address: text }),
  says('denial.leads-to-private', { place: text, address: text }),
  says('denial.leads-to-special', { place: text, address: text }),
  says('denial.wildcard-behind-proxy', { place: text, entry: text }),
  says('denial.too-many-names', {}),
  says('denial.too-many-connections', {}),
  says('denial.too-many-questions', {}),
  says('denial.metered', {}),
  says('denial.quota-day', {}),
  says('denial.quota-month', {}),

  // Why a project that an account manager names is not joined.
  says('refused.joined', {}),
  says('refused.no-address', {}),
  says('refused.signature', {}),
  says('refused.no-key', {}),
  says('refused.key', {}),
]);
export type Said = z.infer<typeof Said>;

/** What is said of a failure: by its code, with its own sentence for details. Pure. */
export function failureSaid({ code, sentence }: Failure): Extract<Said, { code: 'failure' }> {
  return { code: 'failure', values: { failure: code, sentence } };
}

/** What needs no values. Pure. */
export function plainly<Code extends Said['code']>(
  code: Code,
): { code: Code; values: Record<string, never> } {
  return { code, values: {} };
}
