import { type RefObject, useEffect, useRef } from 'react';

/**
 * For a page that goes from step to step: whoever listens or uses the keyboard begins each one at its title, but after a
 * refusal at what was refused.
 */
export function useStepTitle(at: string, isRefused: boolean): RefObject<HTMLHeadingElement | null> {
  const title = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new step is what it is for
  useEffect(() => {
    if (!isRefused) title.current?.focus();
    window.scrollTo(0, 0);
  }, [at, isRefused]);
  return title;
}
