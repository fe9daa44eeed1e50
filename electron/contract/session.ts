import { z } from 'zod';
import type { PresenceReport } from './policy.ts';
import { MayPause } from './settings.ts';

/** What a session can tell of its person, each by the name of the sensors that see it. */
export const sessionSenses = [
  'input',
  'screen-lock',
  'call',
  'full-screen',
  'presentation',
  'remote-session',
] as const;
export const SessionSense = z.enum(sessionSenses);
export type SessionSense = z.infer<typeof SessionSense>;

/** What people's sessions need to know of a host that is a service of the machine. */
export const ServiceView = z.strictObject({
  /** Who may pause, and end a pause; null: it does not answer now, and nobody would be heard. */
  mayPause: MayPause.nullable(),
  /** What could change the decision now, and sessions are to tell. */
  asks: z.array(SessionSense),
});
export type ServiceView = z.infer<typeof ServiceView>;

/** One session's way to tell; it is the connection's, so nobody can speak for another. */
export interface SessionDoor {
  /** What is new of its person. Acted on in this very turn. */
  report(report: PresenceReport): void;
  /** The session is gone: what it said of calls, screens and locks is forgotten. Input that was stays true. */
  end(): void;
}

/** What a host that is a service of the machine offers to the sessions on it. */
export interface SessionHost {
  openSession(): SessionDoor;
}
