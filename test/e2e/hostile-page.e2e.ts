import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from '@playwright/test';
import { type GalleryRun, openGallery, test } from './support/gallery.ts';

/** What a script that got into the page would try; the page itself stays ours. */
test.describe('a page turned hostile', () => {
  let gallery: GalleryRun;
  let server: Server;
  let outside = '';
  const reached: string[] = [];

  test.beforeAll(async () => {
    server = createServer((request, response) => {
      reached.push(request.url ?? '');
      response.setHeader('access-control-allow-origin', '*').end('outside');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    outside = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    gallery = await openGallery({ alone: true });
    await gallery.show('working', 'Working');
  });
  test.afterAll(async () => {
    await gallery.close();
    await new Promise((resolve) => server.close(resolve));
  });
  test.afterEach(async () => {
    expect(reached).toEqual([]);
    const pages = (): Promise<string[]> =>
      gallery.app.evaluate(({ webContents }) =>
        webContents.getAllWebContents().map((contents) => contents.getURL()),
      );
    // A page of the test's own is not gone at once.
    await expect.poll(pages).toEqual(['app://gleaner/']);
    // Asked through Electron: the driver itself waits for a navigation that never comes.
    const heading = await gallery.app.evaluate(
      ({ webContents }) =>
        webContents
          .getAllWebContents()[0]
          ?.executeJavaScript("document.querySelector('h1').textContent") as Promise<unknown>,
    );
    expect(heading).toBe('Working');
  });

  test('has no Node, no Electron, and of the host only three functions', async () => {
    const seen = await gallery.page.evaluate(() => ({
      globals: ['require', 'process', 'Buffer', 'module', '__dirname', 'electron', 'ipcRenderer'].filter(
        (name) => name in globalThis,
      ),
      bridge: Object.keys(window.gleaner).sort(),
    }));
    expect(seen).toEqual({ globals: [], bridge: ['call', 'save', 'subscribe'] });
  });

  /** Waits until the shell has logged that it refused this. */
  const refused = async (what: string, address: string): Promise<void> => {
    const lines = (): Promise<readonly string[]> => gallery.app.evaluate(() => globalThis.gallery.lines);
    await expect
      .poll(async () => (await lines()).filter((line) => line.includes(`refused ${what} detail="${address}`)))
      .not.toEqual([]);
  };

  test('opens no window', async () => {
    expect(await gallery.page.evaluate((url) => window.open(url) === null, outside)).toBe(true);
    expect(await gallery.page.evaluate(() => window.open('app://gleaner/') === null)).toBe(true);
    await gallery.page.evaluate((url) => {
      const link = Object.assign(document.createElement('a'), { href: `${url}/blank`, target: '_blank' });
      document.body.append(link);
      link.click();
      link.remove();
    }, outside);
    await refused('a new window', `${outside}/blank`);
  });

  test('navigates nowhere', async () => {
    for (const address of [`${outside}/away`, 'app://gleaner/assets/', 'app://elsewhere/']) {
      await gallery.page.evaluate((url) => {
        location.href = url;
      }, address);
      await refused('a navigation', address);
    }
  });

  test('reaches nothing outside', async () => {
    const answers = await gallery.page.evaluate(async (url) => {
      const failed = (what: Promise<unknown>): Promise<boolean> =>
        what.then(
          () => false,
          () => true,
        );
      const image = new Promise((resolve, reject) => {
        const element = new Image();
        element.onload = resolve;
        element.onerror = reject;
        element.src = `${url}/image`;
      });
      const socket = new Promise((resolve, reject) => {
        const opened = new WebSocket(url.replace('http', 'ws'));
        opened.onopen = resolve;
        opened.onerror = reject;
      });
      return {
        fetch: await failed(fetch(`${url}/fetch`)),
        own: await failed(fetch('app://gleaner/index.html')),
        file: await failed(fetch('file:///etc/passwd')),
        image: await failed(image),
        socket: await failed(socket),
        beacon: await failed(
          Promise.resolve().then(() => {
            if (navigator.sendBeacon(`${url}/beacon`)) return;
            throw new Error('refused');
          }),
        ),
      };
    }, outside);
    expect(answers).toMatchObject({ fetch: true, own: true, file: true, image: true, socket: true });
  });

  test('runs no code from strings, inline or elsewhere', async () => {
    const ran = await gallery.page.evaluate(async (url) => {
      // The driver lifts the ban on eval while its own call runs: leave it first.
      await new Promise((resolve) => setTimeout(resolve));
      const attempts: Record<string, () => unknown> = {
        // Indirect, as a library would.
        eval: () => (0, eval)('1') as unknown,
        function: () => Reflect.construct(Function, ['return 1']),
        html: () => {
          document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = true">');
        },
        inline: () => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
        },
      };
      const worked = Object.keys(attempts).filter((name) => {
        try {
          attempts[name]?.();
          return true;
        } catch {
          return false;
        }
      });
      const script = document.createElement('script');
      const loaded = await new Promise<boolean>((resolve) => {
        try {
          script.src = `${url}/script.js`;
        } catch {
          resolve(false);
          return;
        }
        script.onload = () => {
          resolve(true);
        };
        script.onerror = () => {
          resolve(false);
        };
        document.body.append(script);
      });
      return { worked, loaded, ran: 'ran' in window };
    }, outside);
    expect(ran).toEqual({ worked: [], loaded: false, ran: false });
  });

  test('gets no permission', async () => {
    const answers = await gallery.page.evaluate(async () => {
      const failed = (what: Promise<unknown>): Promise<boolean> =>
        what.then(
          () => false,
          () => true,
        );
      return {
        notifications: await Notification.requestPermission(),
        camera: await failed(navigator.mediaDevices.getUserMedia({ video: true })),
        screen: await failed(navigator.mediaDevices.getDisplayMedia()),
        place: await failed(
          new Promise((resolve, reject) => {
            navigator.geolocation.getCurrentPosition(resolve, reject);
          }),
        ),
        clipboard: await failed(navigator.clipboard.readText()),
      };
    });
    expect(answers).toEqual({
      notifications: 'denied',
      camera: true,
      screen: true,
      place: true,
      clipboard: true,
    });
  });

  test('frames nothing, and no frame of it speaks to the host', async () => {
    const bridges = await gallery.page.evaluate(async (url) => {
      const frame = async (address: string): Promise<boolean> => {
        const element = Object.assign(document.createElement('iframe'), { src: address });
        const loaded = new Promise((resolve) => {
          element.onload = resolve;
        });
        document.body.append(element);
        await loaded;
        const bridge = element.contentWindow !== null && 'gleaner' in element.contentWindow;
        element.remove();
        return bridge;
      };
      return [await frame('about:blank'), await frame(url).catch(() => false)];
    }, outside);
    expect(bridges).toEqual([false, false]);
  });

  test('asks the host for nothing but commands with good input', async () => {
    const answers = await gallery.page.evaluate(async () => {
      const call = window.gleaner.call.bind(window.gleaner) as (
        name: unknown,
        input: unknown,
      ) => Promise<{ ok: boolean }>;
      const asked: [unknown, unknown][] = [
        ['pause', { length: 'for ever' }],
        ['pause', { length: '30m', extra: 1 }],
        ['jobs.add', {}],
        ['__proto__', {}],
        ['constructor', {}],
        [{ toString: () => 'status' }, {}],
        ['jobs.show', { id: '../../etc/passwd' }],
        ['status', { big: 'x'.repeat(300_000) }],
      ];
      const refused = [];
      for (const [name, input] of asked) {
        // What cannot even be cloned rejects in the bridge.
        const answer = await call(name, input).catch(() => ({ ok: false }));
        refused.push(!answer.ok);
      }
      return refused;
    });
    expect(answers).toEqual(answers.map(() => true));
    const reachedHost = await gallery.app.evaluate(() =>
      globalThis.gallery.host.asked.map(({ name }) => name),
    );
    expect(reachedHost).not.toContain('pause');
  });

  test('saves nothing but what the host streams, under no name that a system would run', async () => {
    await gallery.app.evaluate(({ dialog }) => {
      dialog.showSaveDialog = () => Promise.reject(new Error('the person was asked'));
    });
    const failures = await gallery.page.evaluate(async () => {
      const save = window.gleaner.save.bind(window.gleaner) as (
        ...asked: unknown[]
      ) => Promise<{ failure?: { code: string } }>;
      const csv = { format: 'csv' };
      const asked: unknown[][] = [
        ['status', {}, 'status.json'],
        ['ledger.export', { ...csv, path: '/etc/passwd' }, 'ledger.csv'],
        ['ledger.export', csv, '../../.bashrc'],
        ['ledger.export', csv, 'ledger.desktop'],
        ['ledger.export', csv, { toString: () => 'ledger.csv' }],
        [['ledger.export'], csv, 'ledger.csv'],
      ];
      const codes = [];
      for (const one of asked) {
        codes.push((await save(...one).catch(() => ({ failure: { code: 'not cloned' } }))).failure?.code);
      }
      return codes;
    });
    expect(failures).toEqual([...Array<string>(4).fill('bad-request'), 'not cloned', 'bad-request']);
    const asked = await gallery.app.evaluate(() => globalThis.gallery.host.asked.map(({ name }) => name));
    expect(asked).not.toContain('ledger.export');
  });

  test('of another origin, in a window that is not ours, is not heard', async () => {
    const refusal = await gallery.app.evaluate(async ({ BrowserWindow }, preload) => {
      const other = new BrowserWindow({
        show: false,
        webPreferences: { preload, sandbox: true, contextIsolation: true },
      });
      try {
        await other.loadURL('app://gleaner/');
        const script = "window.gleaner.call('pause', { length: '30m' })";
        return (await other.webContents.executeJavaScript(script)) as unknown;
      } finally {
        other.destroy();
      }
    }, `${process.cwd()}/out/preload/preload.cjs`);
    expect(refusal).toMatchObject({ ok: false, failure: { code: 'bad-request' } });
  });
});
