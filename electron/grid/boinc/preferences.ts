import type { WorkBuffer } from './work-buffer.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** Where the client's GUI RPC listens in its VM, and where it finds the gateway. */
export const rpcPort = 31_416;
export const gatewayPort = 3128;

/** What a client has to itself. */
export interface ClientRoom {
  readonly vcpus: number;
  /** Of the VM, as the client sees it, and what all of the agent's processes may use of it. */
  readonly memoryBytes: number;
  readonly agentMemoryBytes: number;
  /** Size of the data disk. */
  readonly diskBytes: number;
  /** Certificates (PEM) that are trusted besides the public ones; null: none. */
  readonly authorities: string | null;
}

/** A file below the agent's data folder. */
export interface ClientFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** The client itself, beside its tasks. */
const clientMemoryBytes = 40 * MiB;
/** Of the data disk, what its file system and the client's own files need. */
const diskOverhead = 0.08;

/**
 * The client's configuration. It speaks to its own project only, through the gateway, tells nothing of the network that
 * it is in, and reports each task as soon as it is done. Names: BOINC's lib/cc_config.cpp. Pure.
 */
export function clientConfig({ vcpus }: Pick<ClientRoom, 'vcpus'>): string {
  return document('cc_config', [
    '  <log_flags>',
    '    <task>1</task>',
    '    <file_xfer>1</file_xfer>',
    '    <sched_ops>1</sched_ops>',
    '  </log_flags>',
    '  <options>',
    '    <allow_multiple_clients>0</allow_multiple_clients>',
    '    <allow_remote_gui_rpc>0</allow_remote_gui_rpc>',
    '    <dont_contact_ref_site>1</dont_contact_ref_site>',
    '    <dont_use_vbox>1</dont_use_vbox>',
    '    <max_stderr_file_size>1048576</max_stderr_file_size>',
    '    <max_stdout_file_size>1048576</max_stdout_file_size>',
    `    <ncpus>${wholeFrom1(vcpus)}</ncpus>`,
    '    <no_gpus>1</no_gpus>',
    '    <no_info_fetch>1</no_info_fetch>',
    '    <proxy_info>',
    '      <use_http_proxy>1</use_http_proxy>',
    '      <http_server_name>127.0.0.1</http_server_name>',
    `      <http_server_port>${gatewayPort}</http_server_port>`,
    '    </proxy_info>',
    '    <report_results_immediately>1</report_results_immediately>',
    '    <start_delay>0</start_delay>',
    '    <suppress_net_info>1</suppress_net_info>',
    '    <unsigned_apps_ok>0</unsigned_apps_ok>',
    '    <use_all_gpus>0</use_all_gpus>',
    '  </options>',
  ]);
}

/**
 * The preferences that override all others: the client runs always, because Gleaner decides about its VM as a whole.
 * Throttling by BOINC itself hangs tasks (a suspend within `boinc_finish`), so it has all of the CPU. The `niu_` values
 * are those for a computer that is not in use, which a guest never is. Names: BOINC's lib/prefs.cpp. Pure.
 */
export function preferences(room: ClientRoom, buffer: WorkBuffer): string {
  const ramPercent = Math.min(
    95,
    Math.max(
      10,
      Math.floor((100 * (room.agentMemoryBytes - clientMemoryBytes)) / Math.max(1, room.memoryBytes)),
    ),
  );
  const diskGb = Math.max(0.1, (room.diskBytes * (1 - diskOverhead)) / GiB);
  return document('global_preferences', [
    '  <run_on_batteries>1</run_on_batteries>',
    '  <run_if_user_active>1</run_if_user_active>',
    '  <idle_time_to_run>0</idle_time_to_run>',
    '  <suspend_if_no_recent_input>0</suspend_if_no_recent_input>',
    '  <suspend_cpu_usage>0</suspend_cpu_usage>',
    '  <niu_suspend_cpu_usage>0</niu_suspend_cpu_usage>',
    '  <start_hour>0</start_hour>',
    '  <end_hour>0</end_hour>',
    '  <net_start_hour>0</net_start_hour>',
    '  <net_end_hour>0</net_end_hour>',
    '  <leave_apps_in_memory>1</leave_apps_in_memory>',
    '  <confirm_before_connecting>0</confirm_before_connecting>',
    '  <hangup_if_dialed>0</hangup_if_dialed>',
    '  <dont_verify_images>0</dont_verify_images>',
    `  <work_buf_min_days>${buffer.minDays}</work_buf_min_days>`,
    `  <work_buf_additional_days>${buffer.additionalDays}</work_buf_additional_days>`,
    '  <max_ncpus_pct>100</max_ncpus_pct>',
    '  <niu_max_ncpus_pct>100</niu_max_ncpus_pct>',
    `  <max_cpus>${wholeFrom1(room.vcpus)}</max_cpus>`,
    '  <cpu_scheduling_period_minutes>60</cpu_scheduling_period_minutes>',
    '  <disk_interval>60</disk_interval>',
    `  <disk_max_used_gb>${diskGb.toFixed(3)}</disk_max_used_gb>`,
    '  <disk_max_used_pct>95</disk_max_used_pct>',
    '  <disk_min_free_gb>0.02</disk_min_free_gb>',
    '  <vm_max_used_pct>100</vm_max_used_pct>',
    `  <ram_max_used_busy_pct>${ramPercent}</ram_max_used_busy_pct>`,
    `  <ram_max_used_idle_pct>${ramPercent}</ram_max_used_idle_pct>`,
    '  <max_bytes_sec_up>0</max_bytes_sec_up>',
    '  <max_bytes_sec_down>0</max_bytes_sec_down>',
    '  <daily_xfer_limit_mb>0</daily_xfer_limit_mb>',
    '  <daily_xfer_period_days>0</daily_xfer_period_days>',
    '  <cpu_usage_limit>100</cpu_usage_limit>',
    '  <niu_cpu_usage_limit>100</niu_cpu_usage_limit>',
  ]);
}

/**
 * What lies in the data folder before a client starts. Of the certificates an empty file says that there are none: one of
 * an earlier start may lie there. Pure.
 */
export function clientFiles(room: ClientRoom, buffer: WorkBuffer, rpcPassword: string): ClientFile[] {
  return [
    { path: 'cc_config.xml', content: clientConfig(room), mode: 0o600 },
    { path: 'global_prefs_override.xml', content: preferences(room, buffer), mode: 0o600 },
    { path: 'gui_rpc_auth.cfg', content: rpcPassword, mode: 0o600 },
    { path: 'authorities.pem', content: room.authorities ?? '', mode: 0o600 },
  ];
}

/** BOINC reads line by line in places: one element a line. */
function document(root: string, lines: readonly string[]): string {
  return `${[`<${root}>`, ...lines, `</${root}>`].join('\n')}\n`;
}

function wholeFrom1(count: number): number {
  return Number.isFinite(count) ? Math.max(1, Math.floor(count)) : 1;
}
