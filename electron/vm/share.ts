/** What QEMU used during one stretch of running time. Both in ms; CPU over all vCPUs. */
export interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/**
 * How the cap is held: by the guest's own cgroup, which only a guest that behaves respects, or by stopping and
 * continuing the whole VM in turns (PWM), which no guest can refuse.
 */
export type CapMode = 'cgroup' | 'pwm';

export interface ShareState {
  /** The latest samples, newest last, at most {@link windowSamples}. */
  readonly samples: readonly Sample[];
  /** What the guest's cgroup is given, as a share of its vCPUs, 0…1; trimmed by what the host measures. */
  readonly quota: number;
  readonly samplesSinceTrim: number;
  readonly mode: CapMode;
  /** The part of each PWM period in which the VM runs, 0…1. */
  readonly duty: number;
  /** Samples in a row in which PWM had nothing left to do. */
  readonly idleSamples: number;
}

/** Samples are taken once a second: the window that shares are defined over is 10 s. */
export const windowSamples = 10;
const alarmSamples = 5;
/** The promise: a share is kept within 2 points. */
const tolerance = 0.02;
/** The guest's quota starts this much below the share: what QEMU itself needs comes on top. */
const overheadGuess = 0.01;
const smallestDuty = 0.02;
/** The first trim comes so soon after a new grant that a wrong guess is mended before it counts as disobedience. */
const firstTrimSamples = 3;
/** From here on, PWM does not stop the VM any more. */
export const fullDuty = 0.98;

/** The start for a grant, and again whenever the grant changes. Pure. */
export function startShare(share: number): ShareState {
  return {
    samples: [],
    quota: share >= 1 ? 1 : clamp(share - overheadGuess, lowestQuota(share), share),
    samplesSinceTrim: windowSamples - firstTrimSamples,
    mode: 'cgroup',
    duty: 1,
    idleSamples: 0,
  };
}

/** The share of `vcpus` that the last `count` samples used; undefined before there are so many. Pure. */
export function measuredShare(
  state: ShareState,
  vcpus: number,
  count: number = windowSamples,
): number | undefined {
  if (state.samples.length < count) return undefined;
  const last = state.samples.slice(-count);
  const wall = last.reduce((sum, { wallMs }) => sum + wallMs, 0);
  const cpu = last.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  return wall > 0 ? cpu / (wall * vcpus) : undefined;
}

/**
 * Takes one sample of about a second. Pure. The guest's quota is trimmed once per window, so that the guest is
 * not talked to all the time; PWM begins when the use stayed above the grant by more than 2 points for 5 s, is
 * trimmed with every sample, and ends when it had nothing to hold back for a whole window.
 */
export function stepShare(state: ShareState, sample: Sample, share: number, vcpus: number): ShareState {
  const next = { ...state, samples: [...state.samples, sample].slice(-windowSamples) };
  if (share >= 1) return next;
  return next.mode === 'cgroup' ? stepCgroup(next, share, vcpus) : stepPwm(next, share, vcpus);
}

function stepCgroup(state: ShareState, share: number, vcpus: number): ShareState {
  const alarm = measuredShare(state, vcpus, alarmSamples);
  if (alarm !== undefined && alarm > share + tolerance) {
    return {
      ...state,
      // A guest that obeys is soon below its share again, so that PWM ends.
      quota: clamp(state.quota + share - alarm, lowestQuota(share), 1),
      mode: 'pwm',
      duty: clamp(share / alarm, smallestDuty, 1),
      idleSamples: 0,
      samples: [],
    };
  }
  const samplesSinceTrim = state.samplesSinceTrim + 1;
  const measured = measuredShare(state, vcpus, Math.min(windowSamples, state.samples.length));
  if (measured === undefined || samplesSinceTrim < windowSamples) return { ...state, samplesSinceTrim };
  const error = share - measured;
  // An idle guest says nothing about its quota: more is given only to one that uses up what it has.
  const usesItUp = measured > state.quota - 0.03;
  const trim = error < 0 || usesItUp ? 0.8 * error : 0;
  return {
    ...state,
    samplesSinceTrim: 0,
    // Never above the share itself: a busy host makes a guest look modest, and must not be followed by an excess.
    quota: clamp(state.quota + trim, lowestQuota(share), share),
  };
}

function stepPwm(state: ShareState, share: number, vcpus: number): ShareState {
  const recent = measuredShare(state, vcpus, Math.min(2, state.samples.length)) ?? 0;
  // No more than all of the time: a guest that others starve for a moment would come back at full speed.
  const wanted = recent > 0 ? Math.min(1, (state.duty * share) / recent) : 1;
  const duty = clamp(state.duty + 0.5 * (wanted - state.duty), smallestDuty, 1);
  const idleSamples = duty >= fullDuty ? state.idleSamples + 1 : 0;
  if (idleSamples < windowSamples) return { ...state, duty, idleSamples };
  return { ...state, mode: 'cgroup', duty: 1, idleSamples: 0, samplesSinceTrim: 0 };
}

function lowestQuota(share: number): number {
  return Math.max(0.005, share / 2);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
