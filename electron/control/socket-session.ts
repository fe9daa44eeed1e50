import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { PresenceReport } from '../contract/policy.ts';
import type { SessionHost } from '../contract/session.ts';

/** No report needs more, in characters. */
const maxLine = 4096;
/** More reports than a person's session has reason for, within {@link perMs}. */
const maxReports = 200;
const perMs = 1000;

/**
 * Hands what a session tells to the host, line by line in the turn in which it comes, until its connection ends. One that says
 * what it may not, or far too much, is disconnected.
 */
export function serveSession(
  host: SessionHost,
  request: IncomingMessage,
  response: ServerResponse,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): void {
  const session = host.openSession();
  let rest = '';
  let countedFrom = clock.monotonic();
  let count = 0;
  const refuse = (why: string): void => {
    log.warn('control', 'disconnected a session', { why });
    response.destroy();
  };
  const hear = (line: string): boolean => {
    const now = clock.monotonic();
    if (now - countedFrom >= perMs) [countedFrom, count] = [now, 0];
    count += 1;
    if (count > maxReports) {
      refuse('it reports far too often');
      return false;
    }
    const report = PresenceReport.safeParse(parsed(line)).data;
    if (!report) {
      refuse('it said what is no report');
      return false;
    }
    session.report(report);
    return true;
  };
  request.setEncoding('utf8');
  request.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (response.destroyed || !hear(line)) return;
    if (rest.length > maxLine) refuse('it said too much at once');
  });
  // Whoever has nothing more to tell is gone, too: the answer would never end by itself.
  request.once('end', () => {
    response.end();
  });
  response.once('close', () => {
    session.end();
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
