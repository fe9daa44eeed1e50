import type { Clock } from '../../base/clock.ts';
import { GleanerError } from '../../contract/failures.ts';
import { boincFailure, inProgress } from './error-numbers.ts';
import type { Answer, Inputs } from './messages.ts';
import type { RpcClient } from './rpc-client.ts';
import {
  readApplications,
  readDiskUsage,
  readMessages,
  readNotices,
  readProjects,
  readTasks,
  readTransfers,
} from './rpc-read.ts';
import { childOf, childrenOf, escapeXml, findElement, integerOf, lineOf, textOf } from './xml.ts';

/** The client goes through all its files for it. */
const diskEveryMs = 60_000;
const pollMs = 500;
/** The client reads preferences into 64 KiB. */
const maxPreferences = 60_000;

/** The verbs that ask a BOINC client, by name; for one connection, whose memory it holds. */
export class RpcVerbs {
  readonly #rpc: RpcClient;
  readonly #clock: Clock;
  /** Application by work unit; '' where even the client does not know. */
  #applications: ReadonlyMap<string, string> = new Map();
  #disk: { readonly at: number; readonly bytes: number | null } | undefined;

  constructor(rpc: RpcClient, clock: Clock) {
    this.#rpc = rpc;
    this.#clock = clock;
  }

  async look({ messagesAfter, noticesAfter }: Inputs['look']): Promise<Answer<'look'>> {
    const projects = readProjects(await this.#rpc.ask('<get_project_status/>'));
    const results = readTasks(
      await this.#rpc.ask('<get_results>\n<active_only>0</active_only>\n</get_results>'),
    );
    await this.#learnApplications(results.map(({ workUnit }) => workUnit));
    const tasks = results.map(({ workUnit, ...task }) => ({
      ...task,
      application: this.#applications.get(workUnit) ?? '',
    }));
    const transfers = readTransfers(await this.#rpc.ask('<get_file_transfers/>'));
    const newer = (verb: string, seqno: number): string => `<${verb}>\n<seqno>${seqno}</seqno>\n</${verb}>`;
    const messages = readMessages(await this.#rpc.ask(newer('get_messages', messagesAfter)));
    const notices = readNotices(await this.#rpc.ask(newer('get_notices', noticesAfter)));
    return {
      projects,
      tasks,
      transfers,
      messages: [...messages, ...notices].sort((a, b) => (a.at ?? 0) - (b.at ?? 0)).slice(-200),
      diskBytes: await this.#diskBytes(),
    };
  }

  async attach({ url, key, name }: Inputs['attach']): Promise<null> {
    // The client writes the name into a file of its own as it is.
    const plain = name.replaceAll(/[<>&]/g, ' ');
    await this.#rpc.order(
      element('project_attach', { project_url: url, authenticator: key, project_name: plain }),
    );
    for (;;) {
      const reply = findElement(await this.#rpc.ask('<project_attach_poll/>'), 'project_attach_reply');
      const number = integerOf(reply, 'error_num', { min: -1e6, max: 1e6 });
      if (number === undefined) {
        throw new GleanerError('grid-protocol', 'The BOINC client does not tell whether it joined.');
      }
      if (number === 0) return null;
      if (number !== inProgress) {
        const said = childrenOf(reply, 'message').map(({ raw }) => lineOf(raw, 300));
        throw boincFailure(number, { who: 'The project', said: said.at(-1) ?? '' });
      }
      await new Promise<void>((resolve) => {
        this.#clock.after(pollMs, resolve);
      });
    }
  }

  async detach({ url }: Inputs['detach']): Promise<null> {
    return await this.#project('project_detach', url);
  }

  /** Transfers that wait after a failure, for minutes or hours, are tried at once, too. */
  async update({ url }: Inputs['update']): Promise<null> {
    await this.#rpc.order('<network_available/>');
    return await this.#project('project_update', url);
  }

  /** Says only what changes: the client writes a message for each. */
  async setProject({ url, noNewWork, suspended }: Inputs['setProject']): Promise<null> {
    const projects = readProjects(await this.#rpc.ask('<get_project_status/>'));
    const is = projects.find((project) => project.url === url);
    if (is?.noNewWork !== noNewWork) {
      await this.#project(noNewWork ? 'project_nomorework' : 'project_allowmorework', url);
    }
    if (is?.suspended !== suspended) {
      await this.#project(suspended ? 'project_suspend' : 'project_resume', url);
    }
    return null;
  }

  async abortTask({ url, task }: Inputs['abortTask']): Promise<null> {
    await this.#rpc.order(element('abort_result', { project_url: url, name: task }));
    return null;
  }

  async runMode({ mode }: Inputs['runMode']): Promise<null> {
    return await this.#mode('set_run_mode', mode);
  }

  async networkMode({ mode }: Inputs['networkMode']): Promise<null> {
    return await this.#mode('set_network_mode', mode);
  }

  async setPreferences({ xml }: Inputs['setPreferences']): Promise<null> {
    const verb = 'set_global_prefs_override';
    if (
      xml.length > maxPreferences ||
      !/^\s*<global_preferences>[^\u0003]*<\/global_preferences>\s*$/.test(xml) ||
      xml.includes(`</${verb}>`)
    ) {
      throw new GleanerError('bad-request', 'These preferences cannot be given to a BOINC client.');
    }
    const reply = await this.#rpc.ask(`<${verb}>\n${xml}\n</${verb}>`);
    // Clients before 8 answer with a number, later ones by success or an error.
    const status = integerOf(findElement(reply, `${verb}_reply`), 'status', { min: -1e6, max: 1e6 });
    if (status !== 0 && !childOf(reply, 'success')) {
      const words = status === undefined ? textOf(reply, 'error', 300) : `error ${status}`;
      throw new GleanerError('agent-failed', `The BOINC client did not take its preferences: ${words}.`);
    }
    await this.#rpc.order('<read_global_prefs_override/>');
    return null;
  }

  async quit(): Promise<null> {
    await this.#rpc.order('<quit/>');
    return null;
  }

  async #project(verb: string, url: string): Promise<null> {
    await this.#rpc.order(element(verb, { project_url: url }));
    return null;
  }

  async #mode(verb: string, mode: 'always' | 'never'): Promise<null> {
    await this.#rpc.order(`<${verb}>\n<${mode}/>\n<duration>0</duration>\n</${verb}>`);
    return null;
  }

  async #learnApplications(workUnits: readonly string[]): Promise<void> {
    if (workUnits.every((unit) => this.#applications.has(unit))) return;
    const known = readApplications(await this.#rpc.ask('<get_state/>'));
    this.#applications = new Map(workUnits.map((unit) => [unit, known.get(unit) ?? '']));
  }

  async #diskBytes(): Promise<number | null> {
    const now = this.#clock.monotonic();
    if (!this.#disk || now - this.#disk.at >= diskEveryMs) {
      this.#disk = { at: now, bytes: readDiskUsage(await this.#rpc.ask('<get_disk_usage/>')) };
    }
    return this.#disk.bytes;
  }
}

/** `<verb>` with one line for each field, escaped. */
function element(verb: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>\n`);
  return `<${verb}>\n${lines.join('')}</${verb}>`;
}
