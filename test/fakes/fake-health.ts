import { GleanerError } from '../../electron/contract/failures.ts';
import type {
  Check,
  CheckId,
  FixReport,
  LogLine,
  LogQuery,
  Versions,
} from '../../electron/contract/health.ts';
import { fakeNow } from './fake-grid-views.ts';

/** What doctor, versions and the log say, in memory. */
export class FakeHealth {
  checks: Check[] = [
    {
      id: 'qemu',
      title: 'QEMU',
      state: 'ok',
      code: 'found',
      values: { version: '7.2.9' },
      detail: 'version 7.2.9',
      fix: null,
    },
  ];
  /** A fix is under way until then. */
  fixing: Promise<void> = Promise.resolve();
  /** Called when a fix is to end. */
  onCancel: () => void = () => undefined;
  /** What a fix answers beside the check that it is of. */
  fixed: Omit<FixReport, 'check'> = { outcome: 'done', freedBytes: null };
  versions: Versions = {
    gleaner: '1.2.3',
    electron: null,
    chromium: null,
    node: '24.0.0',
    system: 'Debian GNU/Linux 12',
    architecture: 'x64',
    qemu: '7.2.9',
    images: {
      recipe: '0123456789ab',
      kernel: '6.12.41-cloud-amd64',
      builtAt: fakeNow,
      boincClient: '8.0.4-1',
    },
  };
  log: LogLine[] = [{ at: fakeNow, level: 'info', topic: 'host', text: 'started version="1.2.3"' }];

  /** What a fix leaves behind, by check; else all stays as it is. */
  readonly mended = new Map<CheckId, Check>();
  readonly #underWay = new Set<CheckId>();

  /** From now on a fix goes on until it is released or cancelled. */
  hold(): void {
    this.fixing = new Promise((resolve) => {
      this.release = resolve;
      this.onCancel = () => {
        this.fixed = { outcome: 'cancelled', freedBytes: null };
        this.mended.clear();
        resolve();
      };
    });
  }
  /** Ends what is held. */
  release: () => void = () => undefined;

  /** As doctor tells them: what is being mended is not looked at. */
  look(): Check[] {
    return this.checks.map((check) =>
      check.fix?.kind === 'automatic' && this.#underWay.has(check.id)
        ? {
            ...check,
            state: 'unknown',
            code: 'mending',
            values: {},
            fix: { ...check.fix, running: { since: Date.now() - 61_000 } },
          }
        : check,
    );
  }

  tail({ lines, level, topic }: LogQuery): LogLine[] {
    return this.log
      .filter((line) => level !== 'warn' || line.level === 'warn')
      .filter((line) => topic === undefined || line.topic === topic)
      .slice(-lines);
  }

  async fix(id: CheckId): Promise<FixReport> {
    this.#underWay.add(id);
    await this.fixing;
    this.#underWay.delete(id);
    this.checks = this.checks.map((one) => (one.id === id ? (this.mended.get(id) ?? one) : one));
    const check = this.checks.find((one) => one.id === id);
    if (check) return { ...this.fixed, check };
    throw new GleanerError('not-found', 'This computer has nothing of that kind.');
  }
}
