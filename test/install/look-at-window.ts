// Run in the network of the computer under test: looks into the window of the installed app through Chromium's own debugging
// port, and prints as JSON what a page that asks to change a locked setting is told, and what the preferences show.
import { until } from './computer.ts';

const [port = ''] = process.argv.slice(2);

/** In the page. */
async function look(): Promise<{ refused: string; said: string }> {
  if (document.readyState !== 'complete') {
    await new Promise((resolve) => {
      addEventListener('load', resolve);
    });
  }
  const { gleaner } = globalThis as unknown as {
    gleaner: { call(name: string, input: unknown): Promise<{ failure?: { code: string } }> };
  };
  const { failure } = await gleaner.call('settings.set', { key: 'idle.share', value: 0.1 });
  location.hash = 'place=preferences';
  const rows = (): Element[] =>
    [...document.querySelectorAll('main *')].filter(
      (element) => element.children.length === 0 && element.textContent.toLowerCase() === 'set by acme',
    );
  await new Promise<void>((resolve) => {
    const there = (): void => {
      if (rows().length > 0) resolve();
    };
    new MutationObserver(there).observe(document.body, { childList: true, subtree: true });
    there();
  });
  return { refused: failure?.code ?? '', said: rows()[0]?.textContent.toLowerCase() ?? '' };
}

interface Target {
  readonly type: string;
  readonly url: string;
  readonly webSocketDebuggerUrl: string;
}

let target: Target | undefined;
await until(async () => {
  const targets = await fetch(`http://127.0.0.1:${port}/json/list`).then(
    (answer) => answer.json() as Promise<Target[]>,
    () => [],
  );
  target = targets.find(({ type, url }) => type === 'page' && url.startsWith('app://'));
  return target !== undefined;
});
const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
socket.addEventListener('open', () => {
  const expression = `(${look.toString()})()`;
  const params = { expression, awaitPromise: true, returnByValue: true };
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
});
socket.addEventListener('message', ({ data }) => {
  process.stdout.write(String(data));
  socket.close();
});
