import type { ReasonCode } from '../../contract/policy.ts';
import type { Settings } from '../../contract/settings.ts';

export interface Situation {
  /** The person has paused. */
  readonly paused: boolean;
  /** There is work, or a VM alive. */
  readonly wantsToRun: boolean;
  /** The VM computes: neither frozen, saved nor off. */
  readonly running: boolean;
  /** What holds it back entirely, where that is known: what polls fast is then asked only if it is in the way itself. */
  readonly heldBy?: ReadonlySet<ReasonCode>;
}

/** Reasons that pass by themselves, so that what comes after them must be known already. */
const passing: readonly ReasonCode[] = ['load', 'quiet'];

/**
 * Names of the sensors whose answer could change the decision now. What sleeps and shuts down must always be known.
 * Pure.
 */
export function sensorsNeeded(values: Settings, situation: Situation): ReadonlySet<string> {
  const { running, heldBy } = situation;
  const could = values.contribute && !situation.paused && situation.wantsToRun;
  const passes = heldBy === undefined || [...heldBy].every((code) => passing.includes(code));
  const matters = (code: ReasonCode) => running || passes || heldBy.has(code);
  const inUse = values['inUse.share'];
  const idle = values['idle.share'];
  const locked = values['locked.share'];
  const quiet = [values['quiet.temperatureC'], values['quiet.fanRpm'], values['quiet.packageWatts']];
  const needs: Readonly<Record<string, boolean>> = {
    input: inUse < idle,
    'screen-lock': locked !== idle || locked !== inUse,
    call: values['pauseOn.call'],
    'full-screen': values['pauseOn.fullScreen'],
    presentation: values['pauseOn.presentation'],
    'remote-session': values['pauseOn.remoteSession'],
    // Else whoever has the screen instead is seen by nobody.
    'session-active': true,
    // With 0, any charge will do.
    power: values['battery.aboveCharge'] !== 0,
    load: values['pauseOn.load'] !== null && matters('load'),
    thermal:
      values['quiet.enabled'] &&
      quiet.some((budget) => budget !== null) &&
      (running || heldBy?.has('quiet') === true),
    programs: values['pauseOn.programs'].length > 0 && matters('program'),
    disk: values['pauseOn.diskFreeBelowBytes'] > 0,
    metered: !values['network.metered'],
  };
  const wanted = Object.keys(needs).filter((name) => could && needs[name] === true);
  return new Set(['login1', ...wanted]);
}
