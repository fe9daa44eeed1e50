/** What the welcome page asks, in this order. */
export const setupSteps = ['check', 'work', 'amount', 'begin'] as const;
export type SetupStep = (typeof setupSteps)[number];

const setupStates = ['open', 'left', 'finished'] as const;

/** How far somebody came with the welcome page. */
export interface Setup {
  /** `left`: by "not now". */
  readonly state: (typeof setupStates)[number];
  readonly step: SetupStep;
  /** They want to try it with the sample. */
  readonly sample: boolean;
}

/** What has been done already, as the host knows it. */
export interface SetupDone {
  /** A project or an account manager is joined. */
  readonly joined: boolean;
  /** The sample is at work already. */
  readonly sampleRuns: boolean;
  /** The preset is of the person's own choice. */
  readonly preset: boolean;
}

/** For the page's memory. Pure. */
export function setupText({ state, step, sample }: Setup): string {
  return `${state} ${step} ${sample ? 'sample' : ''}`.trim();
}

/** The reverse of {@link setupText}; null for anything else. Pure. */
export function parseSetup(text: string | null): Setup | null {
  const [stateWord, stepWord, sampleWord, ...more] = (text ?? '').split(' ');
  const state = setupStates.find((one) => one === stateWord);
  const step = setupSteps.find((one) => one === stepWord);
  if (state === undefined || step === undefined || more.length > 0) return null;
  if (sampleWord !== undefined && sampleWord !== 'sample') return null;
  return { state, step, sample: sampleWord === 'sample' };
}

/** Whether there is something to work for. Pure. */
export function hasChosen({ sample }: Pick<Setup, 'sample'>, done: SetupDone): boolean {
  return sample || done.joined || done.sampleRuns;
}

/**
 * Where the welcome page begins: where it was left, but behind what has been done meanwhile, and not behind a choice that
 * nobody has made. Whoever has finished it sees it from its beginning. Pure.
 */
export function beginSetup(setup: Setup | null, done: SetupDone): Setup {
  if (setup?.state === 'finished') return { state: 'open', step: 'check', sample: false };
  const derived: SetupStep = !done.joined ? 'check' : done.preset ? 'begin' : 'amount';
  const sample = setup?.sample ?? false;
  const step = setup?.step ?? derived;
  if (step === 'work' && done.joined) return { state: 'open', step: 'amount', sample };
  const isBehind = setupSteps.indexOf(step) > setupSteps.indexOf('work');
  return { state: 'open', step: isBehind && !hasChosen({ sample }, done) ? 'work' : step, sample };
}

/** The step before (-1) or after (1) another; the same at either end. Pure. */
export function stepBeside(step: SetupStep, by: -1 | 1): SetupStep {
  return setupSteps[setupSteps.indexOf(step) + by] ?? step;
}
