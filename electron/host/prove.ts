import { GleanerError } from '../contract/index.ts';

interface Provable {
  selfCheck(): Promise<readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]>;
}

/** Resolves when a workload in this guest is fenced as it must be; rejects `isolation-leak` with what is not. */
export async function proveIsolation(session: Provable): Promise<void> {
  const checks = await session.selfCheck();
  const leaks = checks.filter(({ ok }) => !ok);
  if (leaks.length === 0 && checks.length > 0) return;
  const names = leaks.map(({ name }) => name).join(', ') || 'nothing was checked';
  throw new GleanerError(
    'isolation-leak',
    `Jobs are refused: the isolation in the virtual machine has a leak (${names}).`,
    'Resume to try again; if it stays, rebuild the images and report it.',
  );
}
