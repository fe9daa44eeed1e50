import { z } from 'zod';
import { linkOf } from './deep-link.ts';

/** How the app was started. Also what a second start hands to the first (Electron's `additionalData`). */
export const StartOptions = z.strictObject({
  /** No window at the start. */
  hidden: z.boolean(),
  /** Run until one sample job is finished, and tell about it. */
  demo: z.boolean(),
  /** The link that was followed, as it came: hostile text. */
  link: z.string().max(4096).nullable(),
});
export type StartOptions = z.infer<typeof StartOptions>;

/** Reads our flags; everything else among the arguments is Chromium's or Electron's. Pure. */
export function parseStart(argv: readonly string[]): StartOptions {
  const demo = argv.includes('--demo');
  const link = linkOf(argv);
  return {
    hidden: demo || (argv.includes('--hidden') && link === null),
    demo,
    link: link?.slice(0, 4096) ?? null,
  };
}

/**
 * What the program is started with again, out of its arguments: the switches of Chromium, without a window if none was
 * open. Pure.
 */
export function restartArguments(argv: readonly string[], hasWindow: boolean): string[] {
  const switches = argv.slice(1).filter((word) => /^--\w/.test(word) && !ourFlags.has(word));
  return [...switches, ...(hasWindow ? [] : ['--hidden'])];
}

const ourFlags: ReadonlySet<string> = new Set(['--hidden', '--demo']);
