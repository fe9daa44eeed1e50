import type { ClientMessage, ClientProject, ClientTask, ClientTransfer } from './messages.ts';
import {
  childOf,
  childrenOf,
  cleanText,
  decodeEntities,
  findElement,
  flagOf,
  integerOf,
  lineOf,
  numberOf,
  textOf,
  type XmlElement,
} from './xml.ts';

/** Pure readers of what a BOINC client says (client/*.cpp, write_state and write_gui). Names are hostile text. */

const nameLength = 256;
const most = { projects: 16, tasks: 1000, transfers: 200, messages: 200 };

const duration = { min: 0, max: 1e12 };
const amount = { min: -1e15, max: 1e15 };
const small = { min: 0, max: 100 };
const count = { min: 0, max: 1_000_000 };

/** Of `get_project_status`. */
export function readProjects(reply: XmlElement): ClientProject[] {
  return childrenOf(findElement(reply, 'projects'), 'project')
    .slice(0, most.projects)
    .map((project) => {
      const hostId = integerOf(project, 'hostid', { min: 0, max: 1e15 }) ?? 0;
      const failures = (name: string): number => integerOf(project, name, count) ?? 0;
      return {
        url: textOf(project, 'master_url', 500),
        name: textOf(project, 'project_name', nameLength),
        // The client escapes it once more than the rest.
        userName: lineOf(decodeEntities(childOf(project, 'user_name')?.raw.slice(0, 4000) ?? ''), nameLength),
        hostId: hostId === 0 ? null : String(hostId),
        userTotal: numberOf(project, 'user_total_credit', amount) ?? 0,
        userRecent: numberOf(project, 'user_expavg_credit', amount) ?? 0,
        hostTotal: numberOf(project, 'host_total_credit', amount) ?? 0,
        hostRecent: numberOf(project, 'host_expavg_credit', amount) ?? 0,
        suspended: flagOf(project, 'suspended_via_gui'),
        noNewWork: flagOf(project, 'dont_request_more_work'),
        contactPending:
          failures('sched_rpc_pending') > 0 ||
          flagOf(project, 'master_url_fetch_pending') ||
          flagOf(project, 'scheduler_rpc_in_progress'),
        nextContactAt: timeOf(project, 'min_rpc_time'),
        failedContacts: Math.min(count.max, failures('nrpc_failures') + failures('master_fetch_failures')),
      };
    });
}

/** Of `get_results`; what an application is called comes from elsewhere, by the name of the work unit. */
export function readTasks(reply: XmlElement): (ClientTask & { readonly workUnit: string })[] {
  return childrenOf(findElement(reply, 'results'), 'result')
    .slice(0, most.tasks)
    .map((result) => {
      const active = childOf(result, 'active_task');
      const state = integerOf(result, 'state', small) ?? 0;
      const exitStatus = { min: -0x80000000, max: 0xffffffff };
      const finalCpu = numberOf(result, 'final_cpu_time', duration) ?? 0;
      return {
        workUnit: textOf(result, 'wu_name', nameLength),
        name: textOf(result, 'name', nameLength),
        application: '',
        state,
        scheduled: integerOf(active, 'scheduler_state', small) ?? null,
        process: integerOf(active, 'active_task_state', small) ?? null,
        progress: active
          ? (numberOf(active, 'fraction_done', { min: 0, max: 1 }) ?? 0)
          : state === 4 || state === 5
            ? 1
            : 0,
        cpuSeconds: numberOf(active, 'current_cpu_time', duration) ?? finalCpu,
        checkpointCpuSeconds: numberOf(active, 'checkpoint_cpu_time', duration) ?? finalCpu,
        elapsedSeconds:
          numberOf(active, 'elapsed_time', duration) ?? numberOf(result, 'final_elapsed_time', duration) ?? 0,
        remainingSeconds: numberOf(result, 'estimated_cpu_time_remaining', duration) ?? null,
        memoryBytes: numberOf(active, 'working_set_size_smoothed', { min: 0, max: 1e15 }) ?? 0,
        receivedAt: timeOf(result, 'received_time'),
        deadline: timeOf(result, 'report_deadline'),
        readyToReport: flagOf(result, 'ready_to_report'),
        serverAck: flagOf(result, 'got_server_ack'),
        suspended: flagOf(result, 'suspended_via_gui'),
        exitStatus: integerOf(result, 'exit_status', exitStatus) ?? 0,
      };
    });
}

/** Of `get_state`: application by name of the work unit, in the words meant for people where there are some. */
export function readApplications(reply: XmlElement): ReadonlyMap<string, string> {
  const state = findElement(reply, 'client_state');
  const friendly = new Map(
    childrenOf(state, 'app').map((app) => {
      const name = textOf(app, 'name', nameLength);
      return [name, textOf(app, 'user_friendly_name', nameLength) || name];
    }),
  );
  return new Map(
    childrenOf(state, 'workunit')
      .slice(0, 5 * most.tasks)
      .map((unit) => {
        const app = textOf(unit, 'app_name', nameLength);
        return [textOf(unit, 'name', nameLength), friendly.get(app) ?? app];
      }),
  );
}

/** Of `get_file_transfers`. */
export function readTransfers(reply: XmlElement): ClientTransfer[] {
  return childrenOf(findElement(reply, 'file_transfers'), 'file_transfer')
    .slice(0, most.transfers)
    .map((transfer) => {
      const lasting = childOf(transfer, 'persistent_file_xfer');
      const now = childOf(transfer, 'file_xfer');
      return {
        file: textOf(transfer, 'name', nameLength),
        upload: flagOf(lasting, 'is_upload') || flagOf(transfer, 'generated_locally'),
        bytes:
          numberOf(now, 'bytes_xferred', duration) ?? numberOf(lasting, 'last_bytes_xferred', duration) ?? 0,
        totalBytes: numberOf(transfer, 'nbytes', duration) ?? 0,
        bytesPerSecond: numberOf(now, 'xfer_speed', duration) ?? 0,
        retryAt: now ? null : timeOf(lasting, 'next_request_time'),
        retries: integerOf(lasting, 'num_retries', count) ?? 0,
      };
    });
}

/** Of `get_messages`: the latest 200, the oldest first. */
export function readMessages(reply: XmlElement): ClientMessage[] {
  return childrenOf(findElement(reply, 'msgs'), 'msg')
    .slice(-most.messages)
    .map((message) => {
      const priority = integerOf(message, 'pri', small) ?? 1;
      return {
        seqno: seqnoOf(message),
        at: timeOf(message, 'time'),
        title: '',
        text: cleanText(decodeEntities(childOf(message, 'body')?.raw.slice(0, 8000) ?? ''), 2000),
        priority: priority === 2 || priority === 3 ? priority : 1,
      };
    });
}

/** Of `get_notices`: the latest 200, the oldest first. What is written in HTML comes out as plain text. */
export function readNotices(reply: XmlElement): ClientMessage[] {
  return childrenOf(findElement(reply, 'notices'), 'notice')
    .filter((notice) => (numberOf(notice, 'seqno', { min: -1, max: 2 ** 31 }) ?? -1) >= 0)
    .slice(-most.messages)
    .map((notice) => ({
      seqno: seqnoOf(notice),
      at: timeOf(notice, 'create_time') ?? timeOf(notice, 'arrival_time'),
      title: plainText(childOf(notice, 'title')?.raw ?? '', nameLength),
      text: plainText(childOf(notice, 'description')?.raw ?? '', 2000),
      priority: 4,
    }));
}

/** Of `get_disk_usage`, in bytes; null where it does not tell. */
export function readDiskUsage(reply: XmlElement): number | null {
  const summary = findElement(reply, 'disk_usage_summary');
  const own = numberOf(summary, 'd_boinc', duration);
  if (own === undefined) return null;
  const projects = childrenOf(summary, 'project').map(
    (project) => numberOf(project, 'disk_usage', duration) ?? 0,
  );
  return Math.min(duration.max, Math.round([own, ...projects].reduce((sum, bytes) => sum + bytes)));
}

/** HTML, escaped once more than it should be, as lines of text without its tags. */
function plainText(raw: string, max: number): string {
  const html = decodeEntities(raw.slice(0, 40_000));
  const text = html
    .replaceAll(/<(?:br|p|li|div)\b[^<>]{0,500}>/gi, '\n')
    .replaceAll(/<[^<>]{0,2000}>/g, '')
    .replaceAll(/[ \t\r]+/g, ' ')
    .replaceAll(/ ?\n[ \n]*/g, '\n');
  return cleanText(decodeEntities(text), max);
}

function seqnoOf(element: XmlElement): number {
  return integerOf(element, 'seqno', { min: 0, max: 2 ** 31 }) ?? 0;
}

/** Seconds since 1970 as epoch ms; null for 0 and less, and where there is none. */
function timeOf(element: XmlElement | undefined, name: string): number | null {
  const seconds = numberOf(element, name, { min: 0, max: 8.64e12 }) ?? 0;
  return seconds > 0 ? Math.round(seconds * 1000) : null;
}
