import { z } from 'zod';

/** What a sensor cannot tell on this computer, or not right now, is null: unknown, never a guess. */
const unknown = <T extends z.ZodType>(type: T) => type.nullable();

/** How input is noticed: by the platform's own events, or by asking in turns. */
export const InputSource = z.enum(['x11', 'gnome', 'kde', 'windows', 'macos', 'polled']);
export type InputSource = z.infer<typeof InputSource>;

/** Everything that the policy looks at beside the clock and the person's pause. */
export const Signals = z.strictObject({
  /** When the person last gave input, in ms of the host's monotonic clock. */
  lastInputAt: unknown(z.number()),
  inputSource: unknown(InputSource),
  /** Longest time that input may go unnoticed because it is polled, in ms; 0 by event. */
  inputPollMs: z.number().min(0),
  screenLocked: unknown(z.boolean()),
  /** A microphone or camera is in use. Which program uses it is not asked. */
  call: unknown(z.boolean()),
  fullScreen: unknown(z.boolean()),
  /** Something asks the desktop to stay awake: a presentation, a film. */
  presentation: unknown(z.boolean()),
  remoteSession: unknown(z.boolean()),
  /** Whether the person's session has the screen; false: another one has it, whose input nobody here sees. */
  sessionActive: unknown(z.boolean()),
  onBattery: unknown(z.boolean()),
  /** Of the battery, 0…1. */
  charge: unknown(z.number().min(0).max(1)),
  /** Share of all the computer's cores that is used by others than Gleaner's VMs, 0…1. */
  otherLoad: unknown(z.number().min(0).max(1)),
  /** Of the hottest CPU sensor, °C. */
  temperatureC: unknown(z.number()),
  /** Of the fastest fan. */
  fanRpm: unknown(z.number().min(0)),
  /** Of the CPU package, over the time since the last reading. */
  packageWatts: unknown(z.number().min(0)),
  /** Those of the asked-for program names that run; null where programs cannot be listed. */
  programs: unknown(z.array(z.string())),
  /** On the file system of the data folder. */
  diskFreeBytes: unknown(z.number().min(0)),
  meteredNetwork: unknown(z.boolean()),
  lidClosed: unknown(z.boolean()),
  /** The system has said that it is about to sleep, or to shut down. */
  sleeping: z.boolean(),
  shuttingDown: z.boolean(),
});
export type Signals = z.infer<typeof Signals>;

/** Nothing known. */
export const noSignals: Signals = {
  lastInputAt: null,
  inputSource: null,
  inputPollMs: 0,
  screenLocked: null,
  call: null,
  fullScreen: null,
  presentation: null,
  remoteSession: null,
  sessionActive: null,
  onBattery: null,
  charge: null,
  otherLoad: null,
  temperatureC: null,
  fanRpm: null,
  packageWatts: null,
  programs: null,
  diskFreeBytes: null,
  meteredNetwork: null,
  lidClosed: null,
  sleeping: false,
  shuttingDown: false,
};
