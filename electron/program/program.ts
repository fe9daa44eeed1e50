import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { HostOptions } from '../host/options.ts';

/** Where a host's images come from. Disposing of it ends a build that still runs. */
export interface ProgramImages extends Disposable {
  readonly source: Pick<HostOptions, 'imageSourceDir' | 'rebuildImages' | 'updateImages'>;
}

/** What differs between the command line of a checkout and an installed one. */
export interface Program {
  readonly version: string;
  /** The sample project's jobs. */
  readonly sampleDir: string;
  /** The scripts that run in processes of their own, by name. */
  readonly workers: Readonly<Record<string, URL>>;
  /** For a host that goes on: builds what is missing, where it can. */
  images(log: Log): Promise<ProgramImages>;
  /** For a single command: the folder of the images that are there, undefined where none are; builds nothing. */
  findImages(): Promise<string | undefined>;
  /** The installed app's program; undefined in a checkout, which `npm start` starts. */
  readonly appPath: string | undefined;
}
