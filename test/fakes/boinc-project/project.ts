import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type BoincSigner, makeBoincSigner } from '../boinc-signing.ts';
import { Accounts } from './accounts.ts';
import { makeTask, type StandInTask, type TaskOptions } from './tasks.ts';

/** Where the stand-in is to be found, each as a URL's beginning with no slash at its end. */
export interface Addresses {
  readonly web: string;
  readonly upload: string;
  readonly download: string;
}

export const basePath = '/standin';
export const schedulerPath = '/standin_cgi/cgi';
export const uploadPath = '/standin_cgi/file_upload_handler';
export const downloadPath = `${basePath}/download/`;
export const platform = 'x86_64-pc-linux-gnu';
export const applicationFile = `standin_1.00_${platform}`;

/** The most that an output file may have. */
export const maxOutputBytes = 64 * 1024 * 1024;

/** What the stand-in knows and how it is set; its pages read and change it. */
export class Project {
  readonly addresses: Addresses;
  readonly name: string;
  readonly terms: string | null;
  readonly accounts = new Accounts();
  readonly tasks: StandInTask[] = [];
  readonly signer: BoincSigner = makeBoincSigner();
  readonly application = readFileSync(new URL('application.sh', import.meta.url));
  /** Reports that wait for their credit. */
  readonly earned: StandInTask[] = [];

  accountCreation = true;
  /** Answers everybody who asks for work that there is none. */
  sendsWork = true;
  /** Valid tasks wait for their credit until it is false again. */
  holdsCredit = false;
  /** Everybody is told that the project is down for maintenance. */
  maintenance = false;
  /** How long a client must wait before it asks again, in seconds. */
  requestDelaySeconds = 1;
  /** After how many seconds a client has to ask again, though it wants nothing; null: it need not. */
  nextContactSeconds: number | null = null;
  /** Told to every client at its next contact, as a notice. */
  notice: string | null = null;

  constructor(o: { readonly addresses: Addresses; readonly name: string; readonly terms: string | null }) {
    this.addresses = o.addresses;
    this.name = o.name;
    this.terms = o.terms;
  }

  get masterUrl(): string {
    return `${this.addresses.web}${basePath}/`;
  }

  addTask(options: TaskOptions): StandInTask {
    const task = makeTask(this.tasks.length + 1, options);
    this.tasks.push(task);
    return task;
  }

  /** Content of a file that can be downloaded. */
  file(name: string): Buffer | undefined {
    if (name === applicationFile) return this.application;
    return this.tasks.find((task) => inputFile(task) === name)?.input;
  }
}

export const inputFile = (task: StandInTask): string => `${task.name}_in`;
export const resultName = (task: StandInTask): string => `${task.name}_0`;
export const outputFile = (task: StandInTask): string => `${resultName(task)}_r1_0`;

export function md5Hex(content: Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}
