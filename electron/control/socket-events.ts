import type { ServerResponse } from 'node:http';
import type { HostApi, HostEvent } from '../contract/commands.ts';
import { eventsType } from './wire.ts';

/**
 * Sends events as lines until the client leaves. To a client that reads slowly only the latest one is sent
 * once it reads again: a Snapshot replaces all before it, and nothing piles up.
 */
export function serveEvents(api: HostApi, response: ServerResponse): void {
  let blocked = false;
  let waiting: HostEvent | undefined;
  const send = (event: HostEvent): void => {
    if (blocked) waiting = event;
    else blocked = !response.write(`${JSON.stringify(event)}\n`);
  };
  response.writeHead(200, { 'content-type': eventsType });
  response.flushHeaders();
  const stop = api.subscribe(send);
  response.on('drain', () => {
    blocked = false;
    if (!waiting) return;
    const event = waiting;
    waiting = undefined;
    send(event);
  });
  response.on('close', stop);
}
