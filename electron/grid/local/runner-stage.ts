import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { GleanerError } from '../../contract/index.ts';
import type { Lease } from './queue-types.ts';
import type { AttemptContext, MachineJob } from './runner-machine.ts';

const block = 512;

/** A leased job as its machine is told of it. Pure. */
export function machineJobOf({ id, attempt, document }: Lease, inputTarPath: string): MachineJob {
  return {
    id,
    argv: [...document.command],
    env: { ...document.env, GLEANER_JOB_ID: id, GLEANER_ATTEMPT: String(attempt) },
    memoryBytes: document.resources.memory,
    processes: document.limits.processes,
    vcpus: document.resources.vcpus,
    logBytes: document.limits.log,
    inputTarPath,
    network: document.network !== 'none',
  };
}

/**
 * The path of a tar with the job's input and, where an earlier attempt left one that can still be read, its
 * newest checkpoint. One that cannot be read is forgotten.
 */
export async function stageInput(
  { queue, log }: Pick<AttemptContext, 'queue' | 'log'>,
  id: string,
): Promise<string> {
  const { files } = queue;
  const known = queue.checkpoints.list(id);
  await files.sweep(
    id,
    known.map(({ n }) => n),
  );
  for (const { n, digest } of known) {
    if (await files.matches(files.checkpointPath(id, n), digest)) {
      const stagedPath = files.temporaryPath(id, 'staged');
      await joinTars(files.inputPath(id), files.checkpointPath(id, n), stagedPath);
      return stagedPath;
    }
    log.warn('runner', 'a checkpoint cannot be read; falling back to the one before', { job: id, n });
    queue.checkpoints.forget(id, n);
    await files.removeCheckpoint(id, n);
  }
  return files.inputPath(id);
}

/**
 * Writes the entries of one tar of ours and then, as it is, another: what the guest unpacks as one. Of the first
 * only headers are read, to find its end; of the second nothing (it comes from a guest, by way of our checker).
 */
export async function joinTars(firstPath: string, secondPath: string, toPath: string): Promise<void> {
  const end = await endOfEntries(firstPath);
  if (end > 0) {
    await pipeline(createReadStream(firstPath, { end: end - 1 }), createWriteStream(toPath, { mode: 0o600 }));
  }
  const append = createWriteStream(toPath, { flags: end > 0 ? 'a' : 'w', mode: 0o600 });
  await pipeline(createReadStream(secondPath), append);
}

/** Where the end marker of a tar begins, in bytes. */
async function endOfEntries(tarPath: string): Promise<number> {
  const file = await open(tarPath, 'r');
  try {
    const header = Buffer.alloc(block);
    for (let at = 0; ; ) {
      const { bytesRead } = await file.read(header, 0, block, at);
      if (bytesRead < block || header.every((byte) => byte === 0)) return at;
      at += block + Math.ceil(sizeIn(header) / block) * block;
    }
  } finally {
    await file.close();
  }
}

/** The size field of a ustar header: octal, or base 256 from 8 GiB on. */
function sizeIn(header: Buffer): number {
  if (header.readUInt8(124) === 0x80) return Number(header.readBigUInt64BE(128));
  const text = header.toString('latin1', 124, 136).replace(/[\0 ]+$/, '');
  if (!/^[0-7]{1,11}$/.test(text)) throw new GleanerError('archive-invalid', "The job's input is damaged.");
  return Number.parseInt(text, 8);
}
