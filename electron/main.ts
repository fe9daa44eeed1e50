import { chmodSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { app, dialog, ipcMain, protocol, safeStorage, session } from 'electron';
import { systemClock } from './base/clock.ts';
import { Disposer } from './base/disposal.ts';
import { fileLog } from './base/log.ts';
import { resolvePaths, resolveServicePaths } from './base/paths.ts';
import type { HostApi } from './contract/commands.ts';
import { fromFailure, toFailure } from './contract/failures.ts';
import { serveIpc } from './control/ipc-server.ts';
import { serveSocket } from './control/socket-server.ts';
import { CheckoutImages } from './host/checkout-images.ts';
import { followPlace, machinePlace, requireSession } from './host/machine-place.ts';
import { personsComputer } from './host/persons-computer.ts';
import { KeyFiles } from './host/secrets-file.ts';
import { createHost, type Host } from './host.ts';
import { takeUpAfter } from './ledger/copy.ts';
import { imagesOf, packagedImages } from './program/images.ts';
import { connectToService } from './service-app.ts';
import { declareAppScheme } from './shell/app-protocol.ts';
import { demoSettings, runDemo } from './shell/demo.ts';
import { sandboxRenderers } from './shell/deny.ts';
import { tellCannotStart } from './shell/dialogs.ts';
import { Lifecycle } from './shell/lifecycle.ts';
import { Links } from './shell/links.ts';
import { comeBackAfterReplacement, isBeingReplaced } from './shell/replacement.ts';
import { WrappedKeys } from './shell/secrets.ts';
import { createShell, type Shell } from './shell/shell.ts';
import { parseStart, StartOptions } from './shell/start-options.ts';
import { composeUpkeep } from './shell/updates/compose.ts';
import { CountedApi } from './shell/updates/counted-api.ts';
import type { Upkeep } from './shell/updates/upkeep.ts';
import { spawnUtilityWorker } from './shell/utility-workers.ts';

/** QEMU is asked, waited for and killed well within this. */
const stopLimitMs = 25_000;

const start = parseStart(process.argv);
const appDir = app.getAppPath();
const outDir = join(appDir, 'out');
const isRoot = process.getuid?.() === 0;
const whose = { platform: process.platform, uid: process.getuid?.(), env: process.env };
const paths = resolvePaths({ ...whose, home: homedir() });
const computer = personsComputer();
const machine = { profiles: computer.profiles, servicePaths: resolveServicePaths(whose) };
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

if (app.isPackaged && isBeingReplaced(process.platform)) {
  // Half of us may be the next version already: whole again, we come back.
  comeBackAfterReplacement(process.execPath);
  app.exit(0);
} else if (app.requestSingleInstanceLock(start)) runFirst();
else if (start.demo) {
  process.stderr.write('Gleaner is already running.\n');
  app.exit(1);
} else app.exit(0);

interface OwnHost {
  readonly host: Host;
  /** The host for everybody outside, counting what is under way. */
  readonly api: CountedApi;
  readonly upkeep: Upkeep;
}

function runFirst(): void {
  const log = fileLog(paths.logPath);
  const owned = new Disposer();
  owned.own(log);
  const links = new Links({ app, first: start.link });
  /** When nothing more will be owned. */
  let settled: Promise<void> = Promise.resolve();
  let hasFailed = false;
  let upkeepHere: Upkeep | undefined;
  const lifecycle = new Lifecycle({
    app,
    process,
    clock: systemClock,
    log,
    onEnd(code) {
      if (code === 0 && !hasFailed) upkeepHere?.endInOrder();
      if (app.isPackaged && isBeingReplaced(process.platform)) comeBackAfterReplacement(process.execPath);
    },
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

  /** As soon as they are there. */
  const made: { shell?: Shell; api?: CountedApi } = {};

  /** The host in this process; null: another version of the app is being started in the place of this one. */
  const composeOwn = async (): Promise<OwnHost | null> => {
    const upkeep = await composeUpkeep({
      app,
      paths,
      start,
      log,
      made,
      takeUpAfter: (newer, copyPath) => takeUpAfter(newer, { databasePath: paths.databasePath, copyPath }),
      leave: (last) => {
        void lifecycle.leave(0, last);
      },
    });
    if (upkeep === 'gone') return null;
    upkeepHere = owned.own(upkeep);
    const nodePath = join(appDir, 'node_modules', '.bin', 'node');
    const images = owned.own(
      app.isPackaged
        ? packagedImages(process.resourcesPath)
        : imagesOf(new CheckoutImages({ checkoutDir: appDir, nodePath, log })),
    );
    const host = await createHost({
      paths,
      log,
      spawnWorker: (name) => spawnUtilityWorker(join(outDir, 'main'), name),
      ...images.source,
      askProxy: (url) => session.defaultSession.resolveProxy(url),
      sampleDir: join(appDir, 'resources', 'sample'),
      ...computer,
      secrets: new WrappedKeys(paths.keysDir, safeStorage, new KeyFiles(paths.keysDir)),
      ...(start.demo ? { override: demoSettings } : {}),
      updates: upkeep.updates,
      version: app.getVersion(),
    });
    owned.ownCallback(() => host.stop({ save: true }));
    const api = new CountedApi(host);
    made.api = api;
    owned.own(await serveSocket({ api, paths, log }));
    return { host, api, upkeep };
  };

  /** null: see {@link composeOwn}. */
  const compose = async (): Promise<HostApi | null> => {
    await app.whenReady();
    const told = await machinePlace(machine);
    if (start.demo) requireSession(told);
    const place = 'place' in told ? told.place : null;
    const reason = 'failure' in told ? told.failure : null;
    const own = place === 'session' ? await composeOwn() : undefined;
    if (own === null) return null;
    const api =
      own?.api ??
      owned.own(
        connectToService({
          paths: machine.servicePaths,
          clock: systemClock,
          log,
          version: app.getVersion(),
          reason,
        }),
      );

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
    await own?.host.start();
    owned.own(
      followPlace(machine, place, () => {
        log.info('app', 'the host lives elsewhere now; starting anew');
        app.relaunch();
        void lifecycle.leave(0);
      }),
    );
    await shell.showUp(
      links.follow((link) => {
        shell.openLink(link);
      }),
    );
    own?.upkeep.follow(own.host);
    return api;
  };

  const fail = async (error: unknown): Promise<void> => {
    hasFailed = true;
    explain(error);
    if (!start.hidden) {
      await tellCannotStart(app, dialog, toFailure(error));
    }
    await lifecycle.leave(1);
  };

  const goOn = async (host: HostApi | null): Promise<void> => {
    if (host === null) await lifecycle.leave(0);
    else if (start.demo) await tellDemo(host);
  };

  const tellDemo = async (host: HostApi): Promise<void> => {
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
