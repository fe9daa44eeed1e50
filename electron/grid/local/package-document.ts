import { type Failure, GleanerError } from '../../contract/failures.ts';
import { describeIssues } from '../../contract/issues.ts';
import { documentName, JobDocument } from '../../contract/job.ts';

/** What this host can give to one job at most. Bytes. */
export interface JobRoom {
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** By name (`base`) or by digest. */
  hasAppliance(nameOrDigest: string): boolean;
}

/**
 * The job document in `bytes` (UTF-8 JSON), with its defaults filled in. Throws `document-invalid`
 * and `document-version`. Pure.
 */
export function parseDocument(bytes: Uint8Array): JobDocument {
  const value = parseJson(bytes);
  if (hasOtherVersion(value)) {
    throw new GleanerError(
      'document-version',
      `${documentName} has schema ${JSON.stringify(value.schema).slice(0, 20)}, which this Gleaner does not know.`,
      'Write it for schema 1, or update Gleaner.',
    );
  }
  const parsed = JobDocument.safeParse(value);
  if (!parsed.success) {
    throw new GleanerError(
      'document-invalid',
      `${documentName} was refused: ${describeIssues(parsed.error.issues)}.`,
      'Correct the named fields and add the job again.',
    );
  }
  return parsed.data;
}

/** Why this host can never run the job, or null. Pure. */
export function fits(document: JobDocument, room: JobRoom): Failure | null {
  if (!room.hasAppliance(document.appliance)) {
    return {
      code: 'appliance-unknown',
      sentence: `The job asks for the appliance ${document.appliance}, which this host does not have.`,
      hint: 'Leave "appliance" out to run in the base appliance.',
    };
  }
  const { vcpus, memory, disk } = document.resources;
  const short = [
    vcpus > room.vcpus && `${vcpus} vCPUs where ${room.vcpus} can be had`,
    memory > room.memoryBytes && `${inMiB(memory)} of memory where ${inMiB(room.memoryBytes)} can be had`,
    disk > room.diskBytes && `${inMiB(disk)} of disk where ${inMiB(room.diskBytes)} can be had`,
  ].filter((words) => words !== false);
  if (short.length === 0) return null;
  return {
    code: 'resources-unavailable',
    sentence: `The job asks for more than this host gives: ${short.join(', ')}.`,
    hint: `Ask for less under "resources" in ${documentName}, or raise the limit in the settings.`,
  };
}

/** A size for a person, in whole MiB, rounded up. Pure. */
export function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / (1024 * 1024))} MiB`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new GleanerError(
      'document-invalid',
      `${documentName} is not JSON in UTF-8.`,
      'Check its commas, quotes and brackets.',
    );
  }
}

function hasOtherVersion(value: unknown): value is { schema: unknown } {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return false;
  return value.schema !== 1;
}
