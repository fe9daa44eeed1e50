import type { Source, UpdateView } from '../contract/index.ts';

/** The view with who has turned updates off: whoever set the value. Pure. */
export function toldBy(view: UpdateView, source: Source): UpdateView {
  const isAdmins = source === 'locked' || source === 'default';
  return view.reason === 'turned-off' && isAdmins ? { ...view, reason: 'organization' } : view;
}
