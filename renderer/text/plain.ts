/** Control characters, and those that turn the direction of what stands after them. */
const steering = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A name that others chose, to stand amid words of ours: nothing of it reaches beyond itself. */
export function plain(name: string): string {
  return name.replace(steering, '');
}
