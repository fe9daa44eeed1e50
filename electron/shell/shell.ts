import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  type App,
  BrowserWindow,
  dialog,
  Menu,
  nativeTheme,
  powerMonitor,
  session,
  type WebContents,
} from 'electron';
import { chooseLanguage } from '../../text/languages.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposer } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { HostApi } from '../contract/commands.ts';
import { type Failure, toFailure } from '../contract/failures.ts';
import type { Place } from '../contract/place.ts';
import { appMenu } from './app-menu.ts';
import { servePages } from './app-protocol.ts';
import { Autostart } from './autostart.ts';
import { placeOfLink } from './deep-link.ts';
import { denyInPages, denyInSession } from './deny.ts';
import { showNotification } from './electron-notification.ts';
import { createElectronTray } from './electron-tray.ts';
import { loadIcons } from './icons.ts';
import { autostartDir, type Run } from './login-start.ts';
import { Notifier } from './notifier.ts';
import { Presence, tellsIdleTime } from './presence.ts';
import { SaveDialogs } from './save-desk.ts';
import { ShellMemory } from './shell-state.ts';
import type { StartOptions } from './start-options.ts';
import { TrayPresenter } from './tray.ts';
import { trayActions } from './tray-actions.ts';
import { watchTray } from './tray-watcher.ts';
import { Voice } from './voice.ts';
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
  /** The host's. */
  readonly dataDir: string;
  readonly start: StartOptions;
  readonly platform: NodeJS.Platform;
}

export interface Shell extends Disposable {
  /**
   * The window, if this start asks for one, and the look for a tray. Once, when the page's commands are served.
   * @param link that was followed to start the app
   */
  showUp(link: string | null): Promise<void>;
  openWindow(): void;
  /** Opens the window where a link leads: hostile text, which joins nothing by itself. */
  openLink(link: string): void;
  isOwnWindow(contents: WebContents): boolean;
  /** Whether the person has the window before their eyes. */
  isWatched(): boolean;
  /** Whether the window's page is there; null: no window is open. */
  pageLoaded(): boolean | null;
  /** Saves files for the window. */
  readonly desk: SaveDialogs;
}

/** All that a person sees of the app on this desktop: the tray and, when asked for, the window. The app must be ready. */
export async function createShell(options: ShellOptions): Promise<Shell> {
  const { app, api, clock, log, platform, start } = options;
  const owned = new Disposer();
  const memory = owned.own(await ShellMemory.load(join(options.stateDir, 'shell.json'), log));
  const voice = await Voice.begin({
    choose: (setting) => chooseLanguage(setting, app.getPreferredSystemLanguages()),
    onChange: () => {
      setMenu();
      presenter.refresh();
    },
    log,
  });
  const setMenu = (): void => {
    Menu.setApplicationMenu(Menu.buildFromTemplate(appMenu(voice.speaker, platform)));
  };
  owned.own(denyInPages(app, log));
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
        const prepared = new Disposer();
        prepared.own(denyInSession(session.defaultSession, log));
        prepared.own(servePages(session.defaultSession.protocol, options.pagesDir));
        return prepared;
      },
    }),
  );

  const act = trayActions({
    api,
    open: (place) => {
      window.open(place ? { place } : {});
    },
    quit: () => {
      app.quit();
    },
    onRefused: (error) => {
      const failure = toFailure(error);
      log.warn('tray', failure.sentence, { code: failure.code });
      // The desktop has already moved the mark of a choice that did not come about.
      presenter.repaint();
      // The window shows the problem; the tray has no room for it.
      window.open();
    },
  });

  /** What the shell itself could not do. */
  let trouble: Failure | null = null;
  const presenter = owned.own(
    new TrayPresenter({
      create: (onAct) => createElectronTray(icons, onAct),
      act,
      clock,
      speaker: () => voice.speaker,
      problems: () => (trouble ? [trouble] : []),
    }),
  );
  owned.own(voice);
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
  const autostart = owned.own(
    new Autostart({
      platform,
      run: thisRun(options),
      dir: autostartDir(process.env, homedir()),
      dataDir: options.dataDir,
      onFailure: (failure) => {
        if (failure) log.warn('shell', failure.sentence, { code: failure.code, hint: failure.hint ?? '' });
        trouble = failure;
        presenter.refresh();
      },
    }),
  );
  const notifier = owned.own(
    new Notifier({
      clock,
      speaker: () => voice.speaker,
      show: (words, onClick) => showNotification(words, icons.app, onClick, log),
      open: (place) => {
        window.open({ place });
      },
      isWatched: () => window.isWatched,
      told: memory.state.notices,
      onTold: (notices) => {
        memory.remember({ notices });
      },
    }),
  );
  owned.ownCallback(
    api.subscribe(({ snapshot }) => {
      voice.follow(snapshot.desktop['ui.language']);
      presenter.update(snapshot);
      presence.update(snapshot);
      // A demonstration tells its story itself, and is gone soon.
      if (start.demo) return;
      autostart.follow(snapshot.desktop['ui.startAtLogin']);
      notifier.update(snapshot);
    }),
  );
  const repaint = (): void => {
    presenter.repaint();
  };
  nativeTheme.on('updated', repaint);
  owned.ownCallback(() => {
    nativeTheme.off('updated', repaint);
  });

  const desk = owned.own(
    new SaveDialogs({
      ask: (contents, how) => {
        const asking = BrowserWindow.fromWebContents(contents);
        return asking ? dialog.showSaveDialog(asking, how) : dialog.showSaveDialog(how);
      },
      folder: () => app.getPath('downloads'),
      title: () => voice.speaker.t('shell:save'),
    }),
  );

  const placeOf = (link: string): Place => {
    const place = placeOfLink(link);
    if (place) return place;
    // Not the link itself: it may hold a password.
    log.warn('shell', 'refused a link', { length: link.length });
    return { page: 'refused-link' };
  };

  const showUp = async (link: string | null): Promise<void> => {
    setMenu();
    const where = link === null ? {} : { place: placeOf(link) };
    // Windows and macOS always have one.
    if (platform !== 'linux') tellTray(true);
    if (platform === 'linux' && !(await hasTray()) && !memory.state.toldAboutTray && !start.demo) {
      // Without a tray a hidden start would leave nothing to find: once, the window comes by itself and says so.
      memory.remember({ toldAboutTray: true });
      window.open({ notice: 'no-tray', ...where });
    } else if (!start.hidden || link !== null) {
      window.open(where);
    }
  };
  const hasTray = async (): Promise<boolean> => {
    const changed = (present: boolean): void => {
      if (present) presenter.recreate();
      tellTray(present);
    };
    const { present } = owned.own(await watchTray(changed, log));
    tellTray(present);
    return present;
  };
  /** For whoever looks for what is wrong. */
  const tellTray = (tray: boolean): void => {
    api.call('presence.report', { tray }).catch((error: unknown) => {
      log.warn('tray', toFailure(error).sentence);
    });
  };

  return {
    showUp,
    openWindow: () => {
      window.open();
    },
    openLink: (link) => {
      window.open({ place: placeOf(link) });
    },
    isOwnWindow: (contents) => window.isOwn(contents),
    isWatched: () => window.isWatched,
    pageLoaded: () => window.pageLoaded,
    desk,
    dispose: () => owned.dispose(),
  };
}

function thisRun({ app, dataDir }: ShellOptions): Run {
  return {
    execPath: process.execPath,
    appPath: app.isPackaged ? null : app.getAppPath(),
    appImage: process.env['APPIMAGE'],
    switches: app.commandLine.hasSwitch('no-sandbox') ? ['--no-sandbox'] : [],
    home: process.env['GLEANER_HOME'] === undefined ? undefined : dataDir,
  };
}
