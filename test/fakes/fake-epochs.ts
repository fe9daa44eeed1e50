import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** What a record of an execution says; times in epoch seconds. */
export interface FakeEpoch {
  readonly job: string;
  readonly run: number;
  readonly host: string;
  readonly start: number;
  readonly end: number;
  readonly owner?: string;
  readonly department?: string;
  readonly cores?: number;
  readonly memoryMb?: number;
  readonly cpuSeconds?: number;
  /** As the attribute is written, with its run. */
  readonly frozen?: string;
  readonly group?: string;
  readonly deadline?: number;
  readonly proved?: string;
  /** More lines, which win over what was before. */
  readonly more?: readonly string[];
}

/** A record as HTCondor 23.9.6 writes one, without what no statement reads; with `long`, in a real one's size. */
export function fakeEpoch(epoch: FakeEpoch, pool: string, long = false): string {
  const { job, run, host, start, end } = epoch;
  const lines = [
    ...(long ? padding : []),
    `CpusProvisioned = ${epoch.cores ?? 1}`,
    `EpochWriteDate = ${end}`,
    `GlobalJobId = "${job}"`,
    `JobCurrentStartDate = ${start}`,
    `JobCurrentStartExecutingDate = ${start}`,
    `MachineAttrGleanerHost0 = "${host}"`,
    ...(epoch.department === undefined ? [] : [`MachineAttrGleanerDepartment0 = "${epoch.department}"`]),
    `MachineAttrAuthenticatedIdentity0 = "${epoch.proved ?? `exec-${host}@${pool}`}"`,
    `MemoryProvisioned = ${epoch.memoryMb ?? 1024}`,
    'MyType = "Job"',
    `NumShadowStarts = ${run}`,
    `Owner = "${epoch.owner ?? 'u'}"`,
    `RemoteHost = "slot1_1@${host}.${pool}"`,
    'RemoteSysCpu = 0.0',
    `RemoteUserCpu = ${epoch.cpuSeconds ?? 0}.0`,
    ...(epoch.frozen === undefined ? [] : [`ChirpGleanerFrozen = "${epoch.frozen}"`]),
    ...(epoch.group === undefined ? [] : [`AcctGroup = "${epoch.group}"`]),
    ...(epoch.deadline === undefined ? [] : [`GleanerDeadline = ${epoch.deadline}`]),
    ...(epoch.more ?? []),
    `*** EPOCH ClusterId=5 ProcId=0 RunInstanceId=0 Owner="u" CurrentTime=${end}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** What else is in a record, to its real size of about 5 KB. */
const padding = Array.from({ length: 100 }, (_, at) => `Attribute${at} = "${'value '.repeat(4)}${at}"`);

/** Writes a history file, record by record. */
export async function writeEpochs(filePath: string, records: Iterable<string>): Promise<void> {
  const stream = createWriteStream(filePath);
  const finished = once(stream, 'finish');
  for (const record of records) if (!stream.write(record)) await once(stream, 'drain');
  stream.end();
  await finished;
}
