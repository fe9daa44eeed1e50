// Run in the network of the computer under test: looks into the window of the installed app through Chromium's own debugging
// port, and prints as JSON what a page that asks to change a locked setting is told.
import { until } from './computer.ts';

const [port = ''] = process.argv.slice(2);

/** In the page: what the window is answered that asks to change what is locked. */
async function look(): Promise<string> {
  if (document.readyState !== 'complete') {
    await new Promise((resolve) => {
      addEventListener('load', resolve);
    });
  }
  const { gleaner } = globalThis as unknown as {
    gleaner: { call(name: string, input: unknown): Promise<{ failure?: { code: string } }> };
  };
  const { failure } = await gleaner.call('settings.set', { key: 'idle.share', value: 0.1 });
  return failure?.code ?? 'done';
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
/** What the browser tells, as far as it matters here. */
interface Told {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly context?: { readonly id: number; readonly auxData?: { readonly isDefault?: boolean } };
  };
}

socket.addEventListener('open', () => {
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.enable' }));
});
let asked = false;
socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const told = JSON.parse(String(data)) as Told;
  const context = told.params?.context;
  if (!asked && told.method === 'Runtime.executionContextCreated' && context?.auxData?.isDefault === true) {
    asked = true;
    const expression = `(${look.toString()})()`;
    const params = { expression, contextId: context.id, awaitPromise: true, returnByValue: true };
    socket.send(JSON.stringify({ id: 2, method: 'Runtime.evaluate', params }));
  }
  if (told.id !== 2) return;
  process.stdout.write(String(data));
  socket.close();
});
