import { join } from 'node:path';
import { type App, Menu, nativeTheme, powerMonitor, session, type WebContents } from 'electron';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposer } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { HostApi } from '../contract/commands.ts';
import { toFailure } from '../contract/failures.ts';
import { servePages } from './app-protocol.ts';
import { denyInPages, denyInSession } from './deny.ts';
import { createElectronTray } from './electron-tray.ts';
import { loadIcons } from './icons.ts';
import { Presence, tellsIdleTime } from './presence.ts';
import { ShellMemory } from './shell-state.ts';
import type { StartOptions } from './start-options.ts';
import { TrayPresenter } from './tray.ts';
import type { TrayAction } from './tray-model.ts';
import { watchTray } from './tray-watcher.ts';
import { MainWindow } from './window.ts';

export interface ShellOptions {
  readonly app: App;
  readonly api: HostApi;
  readonly clock: Clock;
  readonly log: Log;
  readonly iconsDir: string;
  readonly preloadPath: string;
  /** The built pages. */
  readonly pagesDir: string;
  /** Folder for what the shell remembers. */
  readonly stateDir: string;
  readonly start: StartOptions;
  readonly platform: NodeJS.Platform;
}

export interface Shell extends Disposable {
  /** The window, if this start asks for one, and the look for a tray. Once, when the page's commands are served. */
  showUp(): Promise<void>;
  openWindow(): void;
  isOwnWindow(contents: WebContents): boolean;
}

/** All that a person sees of the app on this desktop: the tray and, when asked for, the window. The app must be ready. */
export async function createShell(options: ShellOptions): Promise<Shell> {
  const { app, api, clock, log, platform, start } = options;
  const owned = new Disposer();
  const memory = owned.own(await ShellMemory.load(join(options.stateDir, 'shell.json'), log));
  denyInPages(app, log);
  const icons = loadIcons(options.iconsDir, platform);
  const window = owned.own(
    new MainWindow({
      preloadPath: options.preloadPath,
      icons,
      log,
      bounds: () => memory.state.bounds,
      onBounds: (bounds) => {
        memory.remember({ bounds });
      },
      prepareSession: () => {
        denyInSession(session.defaultSession, log);
        servePages(session.defaultSession.protocol, options.pagesDir);
      },
    }),
  );

  const act = (action: TrayAction): void => {
    const ask = (asked: Promise<unknown>): void => {
      asked.catch((error: unknown) => {
        const failure = toFailure(error);
        log.warn('tray', failure.sentence, { code: failure.code });
        // The desktop has already moved the mark of a choice that did not come about.
        presenter.repaint();
        // The window shows the problem; the tray has no room for it.
        window.open();
      });
    };
    switch (action.do) {
      case 'pause':
        ask(api.call('pause', { length: action.length }));
        return;
      case 'resume':
        ask(api.call('resume', {}));
        return;
      case 'preset':
        ask(api.call('settings.set', { key: 'preset', value: action.preset }));
        return;
      case 'open':
        window.open();
        return;
      case 'quit':
        app.quit();
        return;
    }
  };

  const presenter = owned.own(
    new TrayPresenter({ create: (onAct) => createElectronTray(icons, onAct), act, clock }),
  );
  const presence = owned.own(
    new Presence({
      monitor: powerMonitor,
      report: (report) => api.call('presence.report', report),
      clock,
      log,
      tellsIdleTime: tellsIdleTime(platform, process.env),
      tellsEvents: platform === 'win32' || platform === 'darwin',
    }),
  );
  owned.ownCallback(
    api.subscribe(({ snapshot }) => {
      presenter.update(snapshot);
      presence.update(snapshot);
    }),
  );
  const repaint = (): void => {
    presenter.repaint();
  };
  nativeTheme.on('updated', repaint);
  owned.ownCallback(() => {
    nativeTheme.off('updated', repaint);
  });

  const showUp = async (): Promise<void> => {
    setMenu();
    if (platform === 'linux' && !(await hasTray()) && !memory.state.toldAboutTray && !start.demo) {
      // Without a tray a hidden start would leave nothing to find: once, the window comes by itself and says so.
      memory.remember({ toldAboutTray: true });
      window.open('no-tray');
    } else if (!start.hidden) {
      window.open();
    }
  };
  const hasTray = async (): Promise<boolean> => {
    const recreate = (): void => {
      presenter.recreate();
    };
    return owned.own(await watchTray(recreate, log)).present;
  };

  return {
    showUp,
    openWindow: () => {
      window.open();
    },
    isOwnWindow: (contents) => window.isOwn(contents),
    dispose: () => owned.dispose(),
  };
}

/** Only what keyboards expect: no reload and no developer tools. */
function setMenu(): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
      { role: 'fileMenu' },
      { role: 'editMenu' },
      {
        label: 'View',
        submenu: [
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { role: 'togglefullscreen' },
        ],
      },
      { role: 'windowMenu' },
    ]),
  );
}
