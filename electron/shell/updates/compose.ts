import { join } from 'node:path';
import { type App, BrowserWindow, powerMonitor } from 'electron';
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Paths } from '../../base/paths.ts';
import type { Shell } from '../shell.ts';
import { restartArguments, type StartOptions } from '../start-options.ts';
import { beginUpdates } from './begin.ts';
import type { CountedApi } from './counted-api.ts';
import { UpdateFiles } from './files.ts';
import { leaveGuard } from './guard.ts';
import { electronTransport } from './transport.ts';
import { Upkeep, type UpkeepOptions } from './upkeep.ts';

/** Without input for so long, nobody looks at a window that is in front; in s. */
const leftAfterSeconds = 300;

export interface ComposeUpkeepOptions extends Pick<UpkeepOptions, 'leave'> {
  readonly app: Pick<App, 'getVersion' | 'isPackaged'>;
  readonly paths: Paths;
  readonly start: StartOptions;
  readonly log: Log;
  /** Takes the database up again after a newer version; see `takeUpAfter` of the ledger. */
  readonly takeUpAfter: (newer: string, copyPath: string) => Promise<string | null>;
  /** What is there by now of the app that is being composed. */
  readonly made: { readonly shell?: Shell; readonly api?: CountedApi };
}

/** The upkeep of this installation, in this Electron. `gone`: another version is being started in the place of this one. */
export async function composeUpkeep(o: ComposeUpkeepOptions): Promise<Upkeep | 'gone'> {
  const { app, paths, start, log, made } = o;
  const files = new UpdateFiles(join(paths.dataDir, 'updates'));
  const version = app.getVersion();
  const again = (hasWindow: boolean): { args: string[]; env: NodeJS.ProcessEnv } => ({
    args: restartArguments(process.argv, hasWindow),
    env: process.env,
  });
  const trial = start.demo
    ? null
    : await beginUpdates({
        files,
        version,
        takeUpAfter: (newer) => o.takeUpAfter(newer, files.databaseCopyPath),
        again: again(!start.hidden),
        leaveGuard,
        now: () => systemClock.now(),
        log,
      });
  if (trial === 'gone') return trial;
  return await Upkeep.prepare({
    files,
    trial,
    version,
    platform: process.platform,
    isDemo: start.demo,
    resourcesDir: app.isPackaged ? process.resourcesPath : null,
    appImage: process.env['APPIMAGE'],
    paths,
    transport: electronTransport,
    again: () => again(BrowserWindow.getAllWindows().length > 0),
    leave: o.leave,
    leaveGuard,
    callsUnderWay: () => made.api?.underWay ?? 0,
    isWatched: () => made.shell?.isWatched() === true && powerMonitor.getSystemIdleTime() < leftAfterSeconds,
    pageLoaded: () => made.shell?.pageLoaded() ?? null,
    clock: systemClock,
    log,
  });
}
