// The real shell, page and IPC over a fake host: for looking at states that the real host reaches too rarely.
import { app, BrowserWindow, dialog, ipcMain, protocol, session } from 'electron';
import { type Clock, systemClock } from '../../../electron/base/clock.ts';
import { Disposer } from '../../../electron/base/disposal.ts';
import { streamLog } from '../../../electron/base/log.ts';
import type { SettingsLayer } from '../../../electron/contract/settings.ts';
import { serveIpc } from '../../../electron/control/ipc-server.ts';
import { declareAppScheme } from '../../../electron/shell/app-protocol.ts';
import { sandboxRenderers } from '../../../electron/shell/deny.ts';
import { createShell, type Shell } from '../../../electron/shell/shell.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { logLines, troubledChecks, wellChecks } from '../../fixtures/checks.ts';
import { type EarningsStory, madeUpEarnings } from '../../fixtures/earnings.ts';
import { galleryDay, galleryRecord, manyEntries } from '../../fixtures/record.ts';
import { type GalleryState, galleryGrids, galleryStates } from '../../fixtures/snapshots.ts';
import {
  asService,
  type GalleryService,
  type GalleryUpdate,
  galleryUpdates,
} from '../../fixtures/updates.ts';

export interface Gallery {
  readonly host: FakeHost;
  readonly shell: Shell;
  /** As an administrator: locks these values in the name of Acme Research; none takes the lock away. */
  lock(values: SettingsLayer): void;
  /** Everything that was logged, a line each. */
  readonly lines: readonly string[];
  show(state: GalleryState): void;
  /** How it stands with newer versions, until another state is shown. */
  update(how: GalleryUpdate): void;
  /** Makes the host a service of the machine, until another state is shown. */
  serve(how: GalleryService): void;
  /** Moves the shell's wall clock ahead by so many ms; what it waits for comes in its own time. */
  skip(ms: number): void;
  /** What doctor finds from now on, and a log to look at. */
  checkUp(how: 'well' | 'troubled'): void;
  /** What was earned, from the next report on. */
  earn(story: EarningsStory): void;
  /** Puts so many entries in the place of the record. */
  fill(count: number): void;
}

/** How a gallery begins. */
export interface GalleryStart {
  /** A folder of its own, for what the shell remembers. */
  readonly homeDir: string;
  /** What its window begins with; it decides about its first page by that. */
  readonly state: GalleryState;
  /** Much is wrong with the computer. */
  readonly troubled: boolean;
}

/** Where one gallery after the other is shown: Electron starts in seconds, a window in a moment. */
export interface Stage {
  /** Opens a gallery's window. */
  begin(start: GalleryStart): Promise<void>;
  /** Closes all of the gallery, and forgets what its page has stored. */
  end(): Promise<void>;
}

declare global {
  var gallery: Gallery;
  var stage: Stage;
}

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const checkoutDir = setting('GALLERY_CHECKOUT');
app.setPath('userData', setting('GLEANER_HOME'));

sandboxRenderers(app);
declareAppScheme(protocol);
app.on('window-all-closed', () => undefined);

/** Everything of the gallery that is shown. */
let shown = new Disposer();
// A test may answer in its place.
const original = { ...dialog };

async function begin({ homeDir, state: first, troubled }: GalleryStart): Promise<void> {
  await app.whenReady();
  process.env['GLEANER_HOME'] = homeDir;
  process.env['XDG_CONFIG_HOME'] = `${homeDir}/config`;
  const lines: string[] = [];
  const log = streamLog({ write: (line) => lines.push(line) });
  let skipped = 0;
  const clock: Clock = { ...systemClock, now: () => Date.now() + skipped };
  const host = new FakeHost();
  host.snapshot = galleryStates(Date.now())[first];
  const earn = (story: EarningsStory): void => {
    host.earningsOf = (query) => madeUpEarnings(query, story, Date.now());
  };
  earn('much');
  host.entries = galleryRecord(first, Date.now());
  host.day = (day) => galleryDay(day, Date.now());
  const shell = shown.own(
    await createShell({
      app,
      api: host,
      clock,
      log,
      iconsDir: `${checkoutDir}/resources/icons`,
      preloadPath: `${checkoutDir}/out/preload/preload.cjs`,
      pagesDir: `${checkoutDir}/out/renderer`,
      stateDir: homeDir,
      start: { hidden: false, demo: false, link: null },
      dataDir: homeDir,
      platform: process.platform,
    }),
  );
  shown.own(
    serveIpc({
      ipcMain,
      api: host,
      log,
      isOwnWindow: (contents) => shell.isOwnWindow(contents),
      desk: shell.desk,
    }),
  );
  globalThis.gallery = {
    host,
    shell,
    lines,
    lock(values) {
      host.settings.organization = Object.keys(values).length > 0 ? 'Acme Research' : null;
      host.settings.layers.locked = values;
      host.emitSettings();
    },
    show(state) {
      const now = Date.now();
      const { details, manager } = galleryGrids(state, now);
      host.grids.load(details, manager);
      host.entries = galleryRecord(state, now);
      host.emit({ ...galleryStates(now)[state], desktop: host.settings.desktop });
    },
    update(how) {
      host.emit({ ...host.snapshot, update: galleryUpdates(Date.now())[how] });
    },
    serve(how) {
      host.emit(asService(host.snapshot, how, Date.now()));
    },
    skip(ms) {
      skipped += ms;
    },
    earn,
    checkUp(how) {
      const { health } = host;
      health.checks = how === 'well' ? wellChecks() : troubledChecks();
      health.log = logLines(400, Date.now());
    },
    fill(count) {
      host.entries = manyEntries(count, Date.now());
    },
  };
  globalThis.gallery.checkUp(troubled ? 'troubled' : 'well');
  await shell.showUp(null);
}

async function end(): Promise<void> {
  const ended = shown;
  shown = new Disposer();
  // Kept by place, not by window.
  for (const window of BrowserWindow.getAllWindows()) window.webContents.setZoomFactor(1);
  await ended.dispose();
  Object.assign(dialog, original);
  await session.defaultSession.clearStorageData();
}

globalThis.stage = { begin, end };
