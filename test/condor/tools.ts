import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CondorMachine } from './machine.ts';

/** HTCondor's tools that the product's commands call. */
const names = [
  'condor_config_val',
  'condor_reconfig',
  'condor_status',
  'condor_token_create',
  'condor_vacate_job',
];

/** A search path on which the tools are those of a machine, while whoever calls them is outside of it. */
export function toolPath(machine: CondorMachine, binDir: string): string {
  mkdirSync(binDir);
  const enter = `nsenter --target=${machine.box.pid} --net --mount --uts --ipc --pid --`;
  for (const name of names) {
    const path = join(binDir, name);
    writeFileSync(path, `#!/bin/sh\nexec ${enter} ${name} "$@"\n`);
    chmodSync(path, 0o755);
  }
  return `${binDir}:${process.env['PATH'] ?? ''}`;
}
