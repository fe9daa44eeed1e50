import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Paths } from '../base/paths.ts';
import type { SpawnWorker } from '../base/worker.ts';
import type {
  CommandOutput,
  Failure,
  HostApi,
  SessionHost,
  SettingsLayer,
  Updates,
} from '../contract/index.ts';
import type { Login } from '../egress/messages.ts';
import type { Sensor } from '../policy/sensors/sensor.ts';
import type { LoginState } from '../policy/sensors/sessions.ts';
import type { ProfileSource } from '../settings/profiles/source.ts';
import type { Secrets } from '../vm/vm.ts';

export interface HostOptions {
  readonly paths: Paths;
  readonly spawnWorker: SpawnWorker;
  /** Where built images lie; asked when they are needed. */
  readonly imageSourceDir: (signal?: AbortSignal) => Promise<string>;
  /** Builds the images anew after damage, where that can be done; resolves to their folder. */
  readonly rebuildImages?: (why: Failure, signal?: AbortSignal) => Promise<string>;
  /** Builds the images anew when there are newer packages, where that can be done. */
  readonly updateImages?: (signal?: AbortSignal) => Promise<CommandOutput<'appliance.update'>>;
  /** The system's proxies for a URL, as "PROXY host:port; DIRECT"; by default there are none. */
  readonly askProxy?: (url: string) => Promise<string>;
  /** What the system knows to say to its proxies. */
  readonly proxyLogins?: readonly Login[];
  readonly sampleDir: string;
  /** Keeps the host's keys, in a place that it names; by default private files in the data folder. */
  readonly secrets?: Secrets & { readonly place: string };
  /** Where an administrator's settings come from. */
  readonly profiles: ProfileSource;
  /** The host is a service of the machine: it is in nobody's session, and hears of people from theirs. */
  readonly service?: boolean;
  /** What tells of the person and of the computer; by default nothing does. */
  readonly sensors?: (o: SensorNeeds) => readonly Sensor[];
  /** Said on top of the person's settings for this run alone; what is locked stays locked. */
  readonly override?: SettingsLayer;
  /** What keeps the program itself up to date; by default nothing does. */
  readonly updates?: Updates;
  readonly version: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly qemuPath?: string;
  /** How long an idle VM is kept, in ms. */
  readonly lingerMs?: number;
  /** How long an orderly end waits for the running job's last checkpoint, in ms; by default 5 s. */
  readonly lastCheckpointMs?: number;
}

/** What sensors need of the host. */
export interface SensorNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly dataDir: string;
  /** CPU time of Gleaner itself so far, its VMs included, in ms. */
  readonly ownCpuMs: () => number;
  readonly programNames: () => readonly string[];
  /** For a sensor of the system's login sessions, which tells no signals but who is there. */
  readonly onLogins: (logins: readonly LoginState[]) => void;
}

/** The host without any window: supervisor, queue, ledger, policy. One per machine, held by the database's lock. */
export interface Host extends HostApi, SessionHost {
  /** Begins to contribute. Without it the host only answers. */
  start(): Promise<void>;
  /**
   * Ends VMs and jobs in order and closes everything; the host is of no use afterwards.
   * @param o.save a VM with a job in it is saved to the disk, and goes on with the next host
   */
  stop(o?: { readonly save?: boolean }): Promise<void>;
  /** Resolves when no job is queued or running. */
  whenIdle(): Promise<void>;
}
