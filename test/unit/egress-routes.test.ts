import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { Disposer } from '../../electron/base/disposal.ts';
import { Dialer } from '../../electron/egress/dial.ts';
import { defaultLimits } from '../../electron/egress/limits.ts';
import { PacScript } from '../../electron/egress/pac.ts';
import { Routes } from '../../electron/egress/routes.ts';
import { Trust } from '../../electron/egress/trust.ts';

const threadUrl = new URL('../../electron/egress/child.ts', import.meta.url);
const forEver = 'function FindProxyForURL() { for (;;); }';
const direct = 'function FindProxyForURL() { return "DIRECT"; }';
const never = new AbortController().signal;

let owned = new Disposer();
afterEach(async () => {
  await owned.dispose();
  owned = new Disposer();
});

describe('a script that is not in use any more', () => {
  test('answers nothing, and starts no thread for it', async () => {
    const question = { url: 'http://a.example:80/', host: 'a.example' };
    const script = new PacScript(direct, threadUrl);
    expect(await script.answer(question, never)).toBe('DIRECT');
    script.dispose();
    await expect(script.answer(question, never)).rejects.toThrow('not in use');
    const running = new PacScript(forEver, threadUrl);
    const answer = running.answer(question, never);
    running.dispose();
    await expect(answer).rejects.toThrow('it breaks');
  });

  test('does not fail the one that is, nor tell of a problem', async () => {
    const server = createServer((asked, response) => {
      response.end(asked.url === '/old' ? forEver : direct);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    owned.ownCallback(async () => {
      server.close();
      await once(server, 'close');
    });
    const { port } = server.address() as AddressInfo;
    const troubles: (string | null)[] = [];
    const routes = owned.own(
      new Routes({
        clock: systemClock,
        limits: defaultLimits,
        dialer: new Dialer({ clock: systemClock, limits: defaultLimits }),
        trust: new Trust(),
        threadUrl,
        ask: () => Promise.resolve(null),
        onTrouble: (sentence) => troubles.push(sentence),
      }),
    );
    const at = (path: string) =>
      ({ kind: 'pac', url: `http://127.0.0.1:${port}${path}`, logins: [] }) as const;
    routes.set(at('/old'));
    const old = routes.find('http://a.example:80/', never);
    // Its script is there, and runs or is about to.
    await once(server, 'request');
    routes.set(at('/new'));
    await expect(old).rejects.toThrow('not known');
    expect(await routes.find('http://a.example:80/', never)).toEqual([{ kind: 'direct' }]);
    expect(await routes.find('http://b.example:80/', never)).toEqual([{ kind: 'direct' }]);
    // One for each rule that went.
    expect(troubles).toEqual([null, null]);
  });
});

test('that the system cannot say is no problem once it is not asked', async () => {
  let answer: (said: string | null) => void = () => undefined;
  const troubles: (string | null)[] = [];
  const routes = owned.own(
    new Routes({
      clock: systemClock,
      limits: defaultLimits,
      dialer: new Dialer({ clock: systemClock, limits: defaultLimits }),
      trust: new Trust(),
      threadUrl,
      ask: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      onTrouble: (sentence) => troubles.push(sentence),
    }),
  );
  routes.set({ kind: 'ask', logins: [] });
  const asked = routes.find('http://a.example:80/', never);
  routes.set({ kind: 'none' });
  answer(null);
  await expect(asked).rejects.toThrow('not known');
  expect(troubles).toEqual([null, null]);
});
