import { GleanerError } from '../../contract/failures.ts';
import type { OnBus } from './bus.ts';
import { gnomeInputSensor } from './input-gnome.ts';
import { kdeInputSensor } from './input-kde.ts';
import { x11InputSensor } from './input-x11.ts';
import type { Sensor } from './sensor.ts';

/**
 * The ways to notice input that this session may offer, each of which says for itself whether it does. X11 counts only
 * where it is the whole screen: under Wayland its server hears what goes to its own windows. Where none is left, the
 * shell in the person's session reports instead.
 */
export function inputSensors({ env, clock }: OnBus): readonly Sensor[] {
  const has = (name: string) => (env[name] ?? '') !== '';
  if (has('DISPLAY') && !has('WAYLAND_DISPLAY')) return [x11InputSensor({ env, clock })];
  if (has('WAYLAND_DISPLAY')) return [gnomeInputSensor({ env, clock }), kdeInputSensor({ env, clock })];
  return [noInputSensor];
}

/** No screen that could be asked. */
const noInputSensor: Sensor = {
  name: 'input',
  cost: 'Nothing.',
  gives: ['lastInputAt', 'inputSource', 'inputPollMs'],
  start: () =>
    Promise.reject(
      new GleanerError('platform-not-ready', 'Input is told by the shell in the person’s session here.'),
    ),
};
