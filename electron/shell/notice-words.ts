import { sayFailure, sayGrid, sayState } from '../../text/said.ts';
import type { Speaker } from '../../text/speaker.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import type { Notice, Trouble } from './notices.ts';
import { figure, oneLine } from './words.ts';

export interface NoticeWords {
  readonly title: string;
  readonly body: string;
}

const longestBody = 300;
const longestName = 80;

/** A notification in words. Names of grids, jobs and hosts are hostile text: some desktops read markup in it. Pure. */
export function noticeWords(
  notice: Notice,
  { grids, at }: Pick<Snapshot, 'grids' | 'at'>,
  speaker: Speaker,
): NoticeWords {
  const { t } = speaker;
  const nameOf = (id: string): string => name(grids.find((grid) => grid.id === id)?.name ?? id);
  const body = (...parts: readonly string[]): string =>
    plain(oneLine(parts.filter((part) => part !== '').join(' '), longestBody));
  switch (notice.kind) {
    case 'firstCredit': {
      const { grid, unit, settled, observed } = notice.row;
      const amount = figure(speaker, settled + observed, 2);
      return {
        title: t('notify:firstCredit'),
        body: body(t('notify:firstCredit.body', { grid: nameOf(grid), amount, unit: name(unit) })),
      };
    }
    case 'attention': {
      const { trouble, others } = notice;
      const more = others > 0 ? t('notify:attention.more', { count: others }) : '';
      return { title: t('notify:attention'), body: body(...troubleWords(trouble, at, speaker), more) };
    }
    case 'denied': {
      const { denial, others } = notice;
      const more = others > 0 ? t('notify:denied.more', { count: others }) : '';
      return {
        title: t('notify:denied'),
        body: body(t('notify:denied.body', { grid: nameOf(denial.grid), place: name(denial.host) }), more),
      };
    }
    case 'update':
      return {
        title: t('notify:update', { version: name(notice.version) }),
        body: t('notify:update.body'),
      };
    case 'finished':
      return {
        title: t('notify:finished', { count: notice.others + 1 }),
        body: body(name(notice.job.title)),
      };
  }
}

function troubleWords(trouble: Trouble, now: number, speaker: Speaker): string[] {
  switch (trouble.of) {
    case 'failure': {
      const { sentence, hint } = sayFailure(speaker, trouble.failure);
      return [sentence, hint ?? ''];
    }
    case 'computer':
      return [sayState(speaker, trouble.contribution, now)];
    case 'grid':
      return [sayGrid(speaker, trouble.grid, now)];
  }
}

const name = (words: string): string => oneLine(words, longestName);

/** Without what markup begins with; a lone `&` is at worst shown as it is. */
const plain = (words: string): string => words.replaceAll('<', '‹').replaceAll('>', '›');
