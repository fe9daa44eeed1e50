import type { StandInHost, StandInUser } from './accounts.ts';
import {
  applicationFile,
  downloadPath,
  inputFile,
  maxOutputBytes,
  md5Hex,
  outputFile,
  type Project,
  platform,
  resultName,
  uploadPath,
} from './project.ts';
import { judge, type StandInTask } from './tasks.ts';
import { contents, elements, field, numberField } from './xml.ts';

const appName = 'standin';
const versionNumber = 100;
const daySeconds = 86_400;
/** A client that the scheduler does not know is told to wait so long, in seconds. */
const strangerDelaySeconds = 30;
/** What a client that was never measured counts with. */
const defaultFlops = 1e9;

/** The scheduler: takes a client's `<scheduler_request>` and answers with a `<scheduler_reply>`. */
export function schedule(project: Project, request: string): string {
  if (project.maintenance) return reply(project, downForMaintenance());
  const user = project.accounts.byAuthenticator(field(request, 'authenticator'));
  if (!user) return reply(project, unknownUser());
  const { host, told } = project.accounts.hostOf(user, {
    id: numberField(request, 'hostid'),
    cpid: field(request, 'host_cpid'),
    seqno: numberField(request, 'rpc_seqno'),
  });
  grantEarned(project, host);
  const acks = contents(request, 'result').map((result) => takeReport(project, host, result));
  const tasks = [...lost(project, host, request), ...chosen(project, request)];
  for (const task of tasks) task.hostId = host.id;
  const flops = numberField(request, 'p_fpops') || defaultFlops;
  const notice = project.notice;
  project.notice = null;
  return reply(
    project,
    [
      elements({ request_delay: project.requestDelaySeconds }),
      elements({ next_rpc_delay: project.nextContactSeconds ?? undefined }),
      ...(notice === null ? [] : [message(notice, 'notice')]),
      ...(tasks.length === 0 && wantsWork(request) ? [message('The stand-in has no tasks now.', 'low')] : []),
      about(user, host),
      // A client that is told its number takes itself for a new computer.
      ...(told ? [elements({ hostid: host.id })] : []),
      ...(hasKey(project, request) ? [] : [`<code_sign_key>\n${project.signer.publicKey}</code_sign_key>\n`]),
      ...acks,
      ...(tasks.length === 0 ? [] : [application(project, flops)]),
      ...tasks.map((task) => work(project, task, flops)),
      ...tellings(project, host, request),
    ].join(''),
  );
}

function reply(project: Project, content: string): string {
  const head = elements({
    scheduler_version: 715,
    master_url: project.masterUrl,
    project_name: project.name,
  });
  return `<scheduler_reply>\n${head}${content}</scheduler_reply>\n`;
}

function downForMaintenance(): string {
  return `${message('The stand-in is down for maintenance.', 'low')}${elements({
    request_delay: 5,
    project_is_down: true,
  })}`;
}

function unknownUser(): string {
  const words = 'Invalid or missing account key. Ask the stand-in for the right one.';
  return `${message(words, 'notice')}${elements({ request_delay: strangerDelaySeconds })}`;
}

function message(text: string, priority: 'low' | 'notice'): string {
  return elements({ message: text }).replace('<message>', `<message priority="${priority}">`);
}

function about(user: StandInUser, host: StandInHost): string {
  const preferences = '<resource_share>100</resource_share>\n<project_specific></project_specific>\n';
  return `${elements({
    userid: user.id,
    user_name: user.name,
    user_total_credit: user.credit,
    user_expavg_credit: user.credit / 10,
    user_create_time: 1_500_000_000,
    email_hash: md5Hex(Buffer.from(user.email)),
    cross_project_id: md5Hex(Buffer.from(`cross ${user.email}`)),
    host_create_time: 1_500_000_000,
    host_total_credit: host.credit,
    host_expavg_credit: host.credit / 10,
    host_venue: '',
    dont_use_dcf: true,
  })}<project_preferences>\n${preferences}</project_preferences>\n`;
}

/** Credit is given at a contact later than the report that earned it. */
function grantEarned(project: Project, host: StandInHost): void {
  if (project.holdsCredit) return;
  const mine = project.earned.filter((task) => task.hostId === host.id);
  for (const task of mine) {
    project.earned.splice(project.earned.indexOf(task), 1);
    task.granted = task.options.credit ?? 5;
    project.accounts.grant(host, task.granted);
  }
}

/** Judges what a client reports; an acknowledgement lets it forget the task, whether known here or not. */
function takeReport(project: Project, host: StandInHost, result: string): string {
  const name = field(result, 'name');
  const task = project.tasks.find((known) => resultName(known) === name && known.hostId === host.id);
  if (task?.verdict === null) {
    task.exitStatus = numberField(result, 'exit_status');
    task.cpuSeconds = numberField(result, 'final_cpu_time');
    task.stderr = field(result, 'stderr_out');
    task.verdict = judge(task, numberField(result, 'state'));
    if (task.verdict === 'valid') project.earned.push(task);
  }
  return `<result_ack>\n${elements({ name })}</result_ack>\n`;
}

function wantsWork(request: string): boolean {
  return numberField(request, 'cpu_req_secs') > 0 || numberField(request, 'cpu_req_instances') > 0;
}

/** Tasks for the time that the client asks to be kept busy, at least one when it asks at all. */
function chosen(project: Project, request: string): StandInTask[] {
  if (!project.sendsWork || !wantsWork(request)) return [];
  const seconds = numberField(request, 'cpu_req_secs');
  const tasks: StandInTask[] = [];
  let filled = 0;
  for (const task of project.tasks.filter(({ hostId }) => hostId === null)) {
    if (tasks.length > 0 && filled >= seconds) break;
    tasks.push(task);
    filled += task.options.cpuSeconds ?? 5;
  }
  return tasks;
}

/** Tasks that this computer was given, and of which it knows nothing any more. */
function lost(project: Project, host: StandInHost, request: string): StandInTask[] {
  // A client that lists what it has does so in one element, be it empty.
  const list = contents(request, 'other_results')[0];
  if (list === undefined) return [];
  const has = new Set(contents(list, 'name'));
  return project.tasks.filter(
    (task) => task.hostId === host.id && task.verdict === null && !has.has(resultName(task)),
  );
}

/**
 * What tasks of this computer are told, as BOINC's `trickle_down`: the client puts it into the task's folder. At every
 * contact until it was of use: a reply can be lost, and a client has no folder yet for a task that it did not start.
 */
function tellings(project: Project, host: StandInHost, request: string): string[] {
  const has = new Set(contents(request, 'name'));
  return project.tasks
    .filter(
      (task) => task.told && task.hostId === host.id && task.output === null && has.has(resultName(task)),
    )
    .map(
      (task) =>
        `<trickle_down>\n${elements({ result_name: resultName(task), time: 1 })}told\n</trickle_down>\n`,
    );
}

function application(project: Project, flops: number): string {
  const file = elements({
    name: applicationFile,
    url: `${project.addresses.download}${downloadPath}${applicationFile}`,
    executable: true,
    nbytes: project.application.length,
    md5_cksum: md5Hex(project.application),
  });
  const signature = `<file_signature>\n${project.signer.signFile(project.application)}</file_signature>\n`;
  const version = elements({
    app_name: appName,
    version_num: versionNumber,
    platform,
    avg_ncpus: 1,
    flops,
    api_version: '7.20.0',
  });
  const reference = `<file_ref>\n${elements({ file_name: applicationFile, main_program: true })}</file_ref>\n`;
  return [
    `<app>\n${elements({ name: appName, user_friendly_name: 'Stand-in counting' })}</app>\n`,
    `<file_info>\n${file}${signature}</file_info>\n`,
    `<app_version>\n${version}${reference}</app_version>\n`,
  ].join('');
}

function work(project: Project, task: StandInTask, flops: number): string {
  const { options } = task;
  const estimate = (options.cpuSeconds ?? 5) * flops;
  const input = elements({
    name: inputFile(task),
    url: `${options.inputFrom ?? project.addresses.download}${downloadPath}${inputFile(task)}`,
    md5_cksum: md5Hex(task.input),
    nbytes: task.input.length,
  });
  const unit = elements({
    name: task.name,
    app_name: appName,
    rsc_fpops_est: estimate,
    rsc_fpops_bound: estimate * 1000 + 86_400 * flops,
    rsc_memory_bound: 50e6,
    rsc_disk_bound: 200e6,
  });
  const signed = `<name>${outputFile(task)}</name><max_nbytes>${maxOutputBytes}</max_nbytes>`;
  const output = elements({
    name: outputFile(task),
    generated_locally: true,
    upload_when_present: true,
    max_nbytes: maxOutputBytes,
    url: `${project.addresses.upload}${uploadPath}`,
  });
  const result = elements({
    name: resultName(task),
    wu_name: task.name,
    platform,
    version_num: versionNumber,
    plan_class: '',
    report_deadline: Math.round(Date.now() / 1000) + (options.deadlineSeconds ?? daySeconds),
  });
  const reference = (file: string, name: string): string =>
    `<file_ref>\n${elements({ file_name: file, open_name: name })}</file_ref>\n`;
  return [
    `<file_info>\n${input}</file_info>\n`,
    `<workunit>\n${unit}${reference(inputFile(task), 'in')}</workunit>\n`,
    `<file_info>\n${output}<xml_signature>\n${project.signer.signText(signed)}</xml_signature>\n</file_info>\n`,
    `<result>\n${result}${reference(outputFile(task), 'out')}</result>\n`,
  ].join('');
}

/** Whether the client has the project's key already; another one it would take only with the old one's signature. */
function hasKey(project: Project, request: string): boolean {
  return field(request, 'code_sign_key') === project.signer.publicKey.trim();
}
