import { type UpdateView, updateReasonWords } from '../contract/update.ts';
import type { Look } from './show-status.ts';
import { cleanLine, formatPercent, formatWhen, pairs } from './text.ts';

/** How it stands with newer versions. Pure. @param current the version that runs; null: it was not asked for */
export function showUpdate(view: UpdateView, current: string | null, { now }: Pick<Look, 'now'>): string {
  const { failure, notes, checkedAt } = view;
  return pairs([
    ['Running', current],
    ['Updates', cleanLine(stateWords(view))],
    ['Failed', failure && cleanLine(`${failure.code}: ${failure.sentence}`)],
    ['Hint', failure?.hint === undefined ? null : cleanLine(failure.hint)],
    ['What is new', notes === null ? null : cleanLine(notes)],
    ['Looked', checkedAt === null ? null : formatWhen(checkedAt, now)],
  ]);
}

function stateWords({ state, version, progress, reason }: UpdateView): string {
  const why = reason === null ? '' : ` ${updateReasonWords[reason]}`;
  const newer = version ?? 'a newer version';
  switch (state) {
    case 'off':
      return `off.${why}`;
    case 'idle':
      return 'no newer version is known.';
    case 'checking':
      return 'looking for a newer version.';
    case 'downloading':
      return `downloading ${newer}${progress === null ? '' : `, ${formatPercent(progress)}`}.`;
    case 'ready':
      return `${newer} is here: "gleaner update install" restarts into it.`;
    case 'waiting':
      return `${newer} waits.${why}`;
    case 'installing':
      return `changing to ${newer}.`;
    case 'failed':
      return version === null ? 'failed.' : `${version} failed.`;
  }
}
