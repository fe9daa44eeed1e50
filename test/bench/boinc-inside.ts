import { rmSync } from 'node:fs';
import type { Host } from '../../electron/host.ts';
import { type StandIn, startStandIn } from '../fakes/boinc-project/stand-in.ts';
import { FakeDnsServer } from '../fakes/dns-server.ts';
import { writeSettings } from '../fixtures/undisturbed.ts';
import { StockClient, unpackAppliance } from '../stand-in/stock-client.ts';
import { temporaryDir } from '../vm/harness.ts';
import { qemuPid } from '../vm/host-faults-world.ts';
import { hostIn, sees } from '../vm/host-world.ts';
import { type Figure, median } from './figure.ts';
import { freezeFigures } from './pauses.ts';
import { pssMiB, readyVm, span } from './world.ts';

const rounds = 3;
const freezes = 20;
const address = '45.33.1.1';
const nativeAddress = '45.33.1.4';
/** It has said what it had to say; a VM that is of no use is soon ended. */
const idleMs = 2000;

function report(figure: Omit<Figure, 'name'>): void {
  console.log(JSON.stringify(figure));
}

async function gridId(host: Host): Promise<string> {
  const grids = await host.call('grids.list', {});
  return grids.find(({ kind }) => kind === 'boinc')?.id ?? '';
}

async function leave(host: Host): Promise<void> {
  await host.call('grids.leave', { id: await gridId(host) });
}

async function joinIt(host: Host, standIn: StandIn, key: string): Promise<void> {
  const { url, contacts } = await host.call('grids.lookup', { url: standIn.masterUrl, allowPrivate: false });
  await host.call('grids.join', {
    url,
    account: { kind: 'key', key },
    contacts: contacts.map((contact) => ({ host: contact.host, port: contact.port })),
    allowPrivate: false,
    share: 100,
  });
}

/** In ms, from the request to join (its look-up included) to a task that has used CPU. */
async function joinToTask(host: Host, standIn: StandIn, key: string): Promise<number> {
  standIn.addTask({ cpuSeconds: 10_000 });
  const began = performance.now();
  await joinIt(host, standIn, key);
  await sees(host, ({ jobs }) => jobs.some(({ state, cpuSeconds }) => state === 'running' && cpuSeconds > 0));
  return performance.now() - began;
}

/** The same with the stock client on this computer itself, without a VM: from its start to a task that has used CPU. */
async function nativeAttach(standIn: StandIn, key: string): Promise<number[]> {
  const rootDir = unpackAppliance();
  const times: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      standIn.addTask({ cpuSeconds: 10_000 });
      const client = new StockClient(rootDir);
      try {
        const began = performance.now();
        await client.start();
        await client.attach(standIn.masterUrl, key);
        while (!/<current_cpu_time>(?!0\.0+<)/.test(await client.rpc('<get_results/>'))) await span(250);
        times.push(performance.now() - began);
      } finally {
        await client.dispose();
      }
    }
  } finally {
    rmSync(rootDir, { recursive: true, force: true });
  }
  return times;
}

/** Of a VM whose client has nothing to do, beside that of a VM that has just become ready. */
async function idleMemory(
  host: Host,
  standIn: StandIn,
  key: string,
  dir: string,
): Promise<{ metric: string; value: number; unit: string; baseline: number }> {
  await joinIt(host, standIn, key);
  await sees(
    host,
    ({ grids, vms }) =>
      grids.some(({ kind, state, credit }) => kind === 'boinc' && state !== 'joining' && credit !== null) &&
      vms.some(({ grid, phase }) => grid !== 'local' && phase === 'running'),
  );
  await span(idleMs);
  const value = pssMiB(qemuPid(dir, await gridId(host)));
  const plain = await readyVm();
  try {
    const { pid } = plain.vm.status();
    return {
      metric: 'memory of the VM with an idle client',
      value,
      unit: 'MiB',
      baseline: pid === null ? Number.NaN : pssMiB(pid),
    };
  } finally {
    await plain.dispose();
  }
}

const names = await FakeDnsServer.start();
names.set('project.example', [address]);
const standIn = await startStandIn({ host: 'project.example', address });
names.set('native.example', [nativeAddress]);
// Of its own, before there is a VM: two clients of one project would take each other's tasks.
const native = await startStandIn({ host: 'native.example', address: nativeAddress });
const nativeKey = native.account('person@example.org', 'a password').weakKey;
const attached = median(await nativeAttach(native, nativeKey));
await native.dispose();
standIn.project.nextContactSeconds = 1;
const { dir, remove } = temporaryDir();
writeSettings(dir);
const host = await hostIn(dir);
try {
  await host.start();
  const key = standIn.account('person@example.org', 'a password').weakKey;
  const joined: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    joined.push(await joinToTask(host, standIn, key));
    if (round < rounds - 1) await leave(host);
  }
  report({
    metric: 'join to the first task running, median',
    value: median(joined) / 1000,
    unit: 's',
    baseline: attached / 1000,
  });
  for (const [what, p, value] of await freezeFigures(host, freezes)) {
    report({ metric: `freeze of a running task, ${what}, p${p}`, value, unit: 'ms' });
  }
  await leave(host);
  report(await idleMemory(host, standIn, key, dir));
} finally {
  await host.stop();
  remove();
  await standIn.dispose();
  await names.dispose();
}
