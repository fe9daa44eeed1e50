import { chmodSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, powerMonitor, protocol, safeStorage, session } from 'electron';
import { systemClock } from './base/clock.ts';
import { Disposer } from './base/disposal.ts';
import { fileLog } from './base/log.ts';
import { resolvePaths } from './base/paths.ts';
import { fromFailure, toFailure } from './contract/failures.ts';
import { serveIpc } from './control/ipc-server.ts';
import { serveSocket } from './control/socket-server.ts';
import { CheckoutImages } from './host/checkout-images.ts';
import { personsComputer } from './host/persons-computer.ts';
import { KeyFiles } from './host/secrets-file.ts';
import { createHost, type Host } from './host.ts';
import { takeUpAfter } from './ledger/copy.ts';
import { declareAppScheme } from './shell/app-protocol.ts';
import { demoSettings, runDemo } from './shell/demo.ts';
import { sandboxRenderers } from './shell/deny.ts';
import { tellCannotStart } from './shell/dialogs.ts';
import { Lifecycle } from './shell/lifecycle.ts';
import { Links } from './shell/links.ts';
import { WrappedKeys } from './shell/secrets.ts';
import { createShell, type Shell } from './shell/shell.ts';
import { parseStart, restartArguments, StartOptions } from './shell/start-options.ts';
import { beginUpdates } from './shell/updates/begin.ts';
import { CountedApi } from './shell/updates/counted-api.ts';
import { UpdateFiles } from './shell/updates/files.ts';
import { leaveGuard } from './shell/updates/guard.ts';
import { electronTransport } from './shell/updates/transport.ts';
import { Upkeep } from './shell/updates/upkeep.ts';
import { spawnUtilityWorker } from './shell/utility-workers.ts';

/** QEMU is asked, waited for and killed well within this. */
const stopLimitMs = 25_000;

/** Without input for so long, the person has left their window. */
const leftAfterSeconds = 300;

const start = parseStart(process.argv);
const appDir = app.getAppPath();
const outDir = join(appDir, 'out');
const isRoot = process.getuid?.() === 0;
const paths = resolvePaths({
  platform: process.platform,
  home: homedir(),
  uid: process.getuid?.(),
  env: process.env,
});
mkdirSync(paths.dataDir, { recursive: true, mode: 0o700 });
// A VM's own user must be able to pass through, and only that.
if (isRoot) chmodSync(paths.dataDir, 0o711);
const windowDir = join(paths.dataDir, 'window');
for (const dir of [windowDir, paths.logsDir]) mkdirSync(dir, { recursive: true, mode: 0o700 });

// Chromium's own files, and with them the lock that keeps the app single: one app per data folder.
app.setPath('userData', windowDir);
app.commandLine.appendSwitch('enable-features', 'NetworkServiceInProcess2');
sandboxRenderers(app);
declareAppScheme(protocol);

if (app.requestSingleInstanceLock(start)) runFirst();
else if (start.demo) {
  process.stderr.write('Gleaner is already running.\n');
  app.exit(1);
} else app.exit(0);

function runFirst(): void {
  const log = fileLog(paths.logPath);
  const owned = new Disposer();
  owned.own(log);
  const links = new Links({ app, first: start.link });
  /** When nothing more will be owned. */
  let settled: Promise<void> = Promise.resolve();
  const lifecycle = new Lifecycle({
    app,
    process,
    clock: systemClock,
    log,
    limitMs: stopLimitMs,
    async stop() {
      await settled;
      await owned.dispose();
    },
  });
  const explain = (error: unknown): void => {
    const failure = toFailure(error);
    log.warn('app', failure.sentence, { code: failure.code });
    process.stderr.write(`gleaner: ${failure.code}: ${failure.sentence}\n`);
    if (failure.hint !== undefined) process.stderr.write(`hint: ${failure.hint}\n`);
  };

  /** null: another version is being started in the place of this one. */
  const compose = async (): Promise<Host | null> => {
    await app.whenReady();
    const files = new UpdateFiles(join(paths.dataDir, 'updates'));
    const version = app.getVersion();
    const again = (): { args: string[]; env: NodeJS.ProcessEnv } => ({
      args: restartArguments(process.argv, BrowserWindow.getAllWindows().length > 0),
      env: process.env,
    });
    const trial = start.demo
      ? null
      : await beginUpdates({
          files,
          version,
          takeUpAfter: (newer) =>
            takeUpAfter(newer, { databasePath: paths.databasePath, copyPath: files.databaseCopyPath }),
          again: { ...again(), args: restartArguments(process.argv, !start.hidden) },
          leaveGuard,
          now: () => systemClock.now(),
          log,
        });
    if (trial === 'gone') return null;
    /** As soon as they are there. */
    const made: { shell?: Shell; api?: CountedApi } = {};
    const upkeep = owned.own(
      await Upkeep.prepare({
        files,
        trial,
        version,
        platform: process.platform,
        isDemo: start.demo,
        resourcesDir: app.isPackaged ? process.resourcesPath : null,
        appImage: process.env['APPIMAGE'],
        paths,
        transport: electronTransport,
        again,
        leave: (last) => {
          void lifecycle.leave(0, last);
        },
        leaveGuard,
        callsUnderWay: () => made.api?.underWay ?? 0,
        // A window that was left open is looked at by nobody.
        isWatched: () =>
          made.shell?.isWatched() === true && powerMonitor.getSystemIdleTime() < leftAfterSeconds,
        pageLoaded: () => made.shell?.pageLoaded() ?? null,
        clock: systemClock,
        log,
      }),
    );
    const images = owned.own(
      new CheckoutImages({
        checkoutDir: appDir,
        nodePath: join(appDir, 'node_modules', '.bin', 'node'),
        log,
      }),
    );
    const host = await createHost({
      paths,
      log,
      spawnWorker: (name) => spawnUtilityWorker(join(outDir, 'main'), name),
      imageSourceDir: (signal) => images.folder(signal),
      rebuildImages: (_why, signal) => images.rebuild(signal),
      updateImages: (signal) => images.update(signal),
      askProxy: (url) => session.defaultSession.resolveProxy(url),
      sampleDir: join(appDir, 'resources', 'sample'),
      ...personsComputer(),
      secrets: new WrappedKeys(paths.keysDir, safeStorage, new KeyFiles(paths.keysDir)),
      ...(start.demo ? { override: demoSettings } : {}),
      updates: upkeep.updates,
      version,
    });
    owned.ownCallback(() => host.stop({ save: true }));
    const api = new CountedApi(host);
    made.api = api;
    owned.own(await serveSocket({ api, paths, log }));

    const shell = owned.own(
      await createShell({
        app,
        api,
        clock: systemClock,
        log,
        iconsDir: join(appDir, 'resources', 'icons'),
        preloadPath: join(outDir, 'preload', 'preload.cjs'),
        pagesDir: join(outDir, 'renderer'),
        stateDir: windowDir,
        dataDir: resolve(paths.dataDir),
        start,
        platform: process.platform,
      }),
    );
    made.shell = shell;
    owned.own(
      serveIpc({
        ipcMain,
        api,
        log,
        isOwnWindow: (contents) => shell.isOwnWindow(contents),
        desk: shell.desk,
      }),
    );
    app.on('second-instance', (_event, _argv, _workingDir, data) => {
      const second = StartOptions.safeParse(data).data;
      if (typeof second?.link === 'string') links.hear(second.link);
      else if (second?.hidden !== true) shell.openWindow();
    });
    // A person who finds the app in a dock instead of a tray.
    app.on('activate', () => {
      shell.openWindow();
    });
    await host.start();
    await shell.showUp(
      links.follow((link) => {
        shell.openLink(link);
      }),
    );
    upkeep.follow(host);
    return host;
  };

  const fail = async (error: unknown): Promise<void> => {
    explain(error);
    if (!start.hidden) {
      await tellCannotStart(app, dialog, toFailure(error));
    }
    await lifecycle.leave(1);
  };

  const goOn = async (host: Host | null): Promise<void> => {
    if (host === null) await lifecycle.leave(0);
    else if (start.demo) await tellDemo(host);
  };
  const tellDemo = async (host: Host): Promise<void> => {
    const print = (line: string): void => {
      process.stdout.write(`${line}\n`);
    };
    const failure = await runDemo({ api: host, clock: systemClock, print });
    if (failure) explain(fromFailure(failure));
    await lifecycle.leave(failure ? 1 : 0);
  };

  const composing = compose();
  settled = composing.then(
    () => undefined,
    () => undefined,
  );
  void composing.then(goOn, fail);
}
