import type { Failure, Signals } from '../contract/index.ts';
import type { Checker } from './doctor.ts';
import { installCommand, type SystemFacts } from './doctor-commands.ts';

/** What the person's session tells, and what the person should know. */
export interface SessionFacts {
  readonly platform: NodeJS.Platform;
  inputSource(): Signals['inputSource'];
  /** What the desktop session said of its tray; null: no session has told. */
  tray(): boolean | null;
  /** Whether the system waits for us before it sleeps; null: it is not asked to now, or cannot be. */
  sleepLock(): boolean | null;
  problems(): readonly Failure[];
  system(): Promise<SystemFacts>;
}

export const inputChecker: Checker<'input', SessionFacts> = {
  id: 'input',
  title: 'Noticing your input',
  check(facts) {
    const source = facts.inputSource();
    if (source === null) {
      return Promise.resolve({
        state: 'unknown',
        code: 'untold',
        detail: 'Not looked for now, or this session does not tell of keyboard and mouse.',
      });
    }
    return Promise.resolve(
      source === 'polled'
        ? { state: 'ok', code: 'polled', detail: 'By asking in turns.' }
        : { state: 'ok', code: 'events', values: { source }, detail: `By events (${source}).` },
    );
  },
};

export const trayChecker: Checker<'tray', SessionFacts> = {
  id: 'tray',
  title: 'Tray',
  check(facts) {
    const tray = facts.tray();
    if (tray === null)
      return Promise.resolve({ state: 'unknown', code: 'untold', detail: 'No desktop session has told.' });
    return Promise.resolve(
      tray
        ? { state: 'ok', code: 'there', detail: 'This desktop shows Gleaner in its tray.' }
        : {
            state: 'warning',
            code: 'none',
            detail: 'This desktop has no tray: Gleaner is reached by starting it again.',
            hint: 'On GNOME an extension adds one.',
          },
    );
  },
  async fix(facts, code) {
    if (code !== 'none' || facts.platform !== 'linux') return null;
    const { family } = await facts.system();
    return {
      kind: 'manual',
      code: 'install-tray',
      words: 'On GNOME: install the extension AppIndicator, log in again, and turn it on.',
      command: installCommand(family, 'tray'),
    };
  },
};

export const sleepChecker: Checker<'sleep', SessionFacts> = {
  id: 'sleep',
  title: 'Sleep and shutdown',
  applicable: ({ platform }) => platform === 'linux',
  check(facts) {
    const held = facts.sleepLock();
    if (held === null) {
      const detail = 'Not asked for now, or this system does not wait for programs (no systemd-logind).';
      return Promise.resolve({ state: 'unknown', code: 'untold', detail });
    }
    return Promise.resolve(
      held
        ? { state: 'ok', code: 'held', detail: 'The system waits while work is brought to a halt and saved.' }
        : {
            state: 'warning',
            code: 'refused',
            detail:
              'The system does not wait for Gleaner: systemd-logind refuses the lock, and is asked again.',
            hint: 'Virtual machines go on where they stood, but time slept through may cost a job its deadline.',
          },
    );
  },
  async fix(facts, code) {
    if (code !== 'refused') return null;
    const { family } = await facts.system();
    return {
      kind: 'manual',
      code: 'install-polkit',
      words:
        'Install polkit where it is missing: systemd-logind asks it. What its rules forbid, their author can allow.',
      command: installCommand(family, 'polkit'),
    };
  },
};

export const problemsChecker: Checker<'problems', SessionFacts> = {
  id: 'problems',
  title: 'Open problems',
  check(facts) {
    const problems = facts.problems();
    const [first] = problems;
    if (!first) return Promise.resolve({ state: 'ok', code: 'none', detail: 'None.' });
    return Promise.resolve({
      state: 'failed',
      code: 'some',
      values: { count: problems.length, failure: first.code },
      detail: first.sentence,
      ...(first.hint === undefined ? {} : { hint: first.hint }),
    });
  },
};
