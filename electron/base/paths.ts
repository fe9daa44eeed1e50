import { isAbsolute, join } from 'node:path';

/** Where a host keeps things. Folders are created by whoever uses them, 0700 unless said otherwise. */
export interface Paths {
  /** Everything of one host. 0711 when the host runs as root, so that a VM's own uid reaches its folder. */
  readonly dataDir: string;
  readonly databasePath: string;
  readonly settingsPath: string;
  /** What the person asked for (pause): intent that outlives a restart. */
  readonly intentPath: string;
  /** One folder per job: document, input, checkpoints, result. */
  readonly jobsDir: string;
  /** Imported appliance images by digest; readable by the VM's uid. */
  readonly imagesDir: string;
  /** One folder per VM, owned by the VM's uid: boot disk, scratch, transfer disks, pid file, sockets. */
  readonly vmsDir: string;
  /** One folder per joined grid, with the disk that its VM keeps; readable by the VM's uid. */
  readonly gridsDir: string;
  readonly logsDir: string;
  readonly logPath: string;
  /** 0700; the host's own keys, where no key store of the system has them. */
  readonly keysDir: string;
  /** 0700; holds the control socket. */
  readonly runDir: string;
  readonly socketPath: string;
}

export interface PathsInput {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** 0 for root; undefined where the platform has no uids. */
  readonly uid: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where a host keeps things that is a service of the machine. */
export interface ServicePaths extends Paths {
  /** 0600: for root and the service's own account, who may do everything. `socketPath` is 0660: for people. */
  readonly adminSocketPath: string;
  /** Is there while the machine's profiles want a service; everybody may see whether it is. */
  readonly wantedPath: string;
}

/** `GLEANER_HOME` puts everything under one folder; else the platform's convention. Pure. */
export function resolvePaths({ platform, home, uid, env }: PathsInput): Paths {
  const override = env['GLEANER_HOME'];
  const dataDir = override ?? conventionalDataDir(platform, home, uid, env);
  const runtime = override || uid === 0 ? undefined : env['XDG_RUNTIME_DIR'];
  const runDir = platform === 'linux' && runtime ? join(runtime, 'gleaner') : join(dataDir, 'run');
  return layOut(dataDir, runDir, platform === 'win32' ? pipe('gleaner') : join(runDir, 'control.sock'));
}

/**
 * The service's places: the same for everybody who asks on this computer. `GLEANER_SERVICE` names another folder for all of
 * it to root alone, so that tests need not touch the system's. Pure.
 */
export function resolveServicePaths({ platform, uid, env }: Omit<PathsInput, 'home'>): ServicePaths {
  const override = uid === 0 ? env['GLEANER_SERVICE'] : undefined;
  if (platform === 'win32') {
    const dataDir = join(env['ProgramData'] ?? String.raw`C:\ProgramData`, 'Gleaner');
    return {
      ...layOut(dataDir, join(dataDir, 'run'), pipe('gleaner-service')),
      adminSocketPath: pipe('gleaner-admin'),
      wantedPath: join(dataDir, 'wanted'),
    };
  }
  const [dataDir, runDir] =
    override !== undefined && isAbsolute(override)
      ? [override, join(override, 'run')]
      : platform === 'darwin'
        ? ['/Library/Application Support/Gleaner', '/var/run/gleaner']
        : ['/var/lib/gleaner', '/run/gleaner'];
  return {
    ...layOut(dataDir, runDir, join(runDir, 'control.sock')),
    adminSocketPath: join(runDir, 'admin.sock'),
    wantedPath: join(dataDir, 'wanted'),
  };
}

const pipe = (name: string): string => `\\\\.\\pipe\\${name}`;

function layOut(dataDir: string, runDir: string, socketPath: string): Paths {
  return {
    dataDir,
    databasePath: join(dataDir, 'gleaner.db'),
    settingsPath: join(dataDir, 'settings.json'),
    intentPath: join(dataDir, 'intent.json'),
    jobsDir: join(dataDir, 'jobs'),
    imagesDir: join(dataDir, 'images'),
    vmsDir: join(dataDir, 'vms'),
    gridsDir: join(dataDir, 'grids'),
    logsDir: join(dataDir, 'logs'),
    logPath: join(dataDir, 'logs', 'gleaner.log'),
    keysDir: join(dataDir, 'keys'),
    runDir,
    socketPath,
  };
}

function conventionalDataDir(
  platform: NodeJS.Platform,
  home: string,
  uid: number | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Gleaner');
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Gleaner');
  // Not the service's, which belongs to another account for good.
  if (uid === 0) return '/var/lib/gleaner-root';
  return join(env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'gleaner');
}
