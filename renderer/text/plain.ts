import { speaker } from './say.ts';

/** Control characters, and those that turn the direction of what stands after them. */
const steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A name that others chose, to stand amid words of ours: nothing of it reaches beyond itself. Where ours run from
 * the right, it is set apart, since most names run from the left.
 */
export function plain(name: string): string {
  const words = name.replace(steering, '');
  return speaker().direction === 'rtl' ? `\u2068${words}\u2069` : words;
}
