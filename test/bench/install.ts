import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { commands } from '../../electron/contract/commands.ts';
import { cacheDir } from '../../resources/dev/console.mjs';
import { electronDist } from '../../resources/dev/electron-runtime.ts';
import { ensureInstallRoot } from '../../resources/dev/install-root.ts';
import { makeRelease } from '../../resources/dev/package/release.ts';
import { newerVersion, ownVersion, packageVersion } from '../../resources/dev/package/version.ts';
import { defaultOutDir } from '../../resources/guest/recipe.ts';
import { must } from '../condor/exec.ts';
import { Computer, until } from '../install/computer.ts';
import { Desktop } from '../install/desktop.ts';
import { jobOf } from '../install/job.ts';
import { type Bench, median } from './figure.ts';

const rounds = 3;
const install = (name: string): string[] => [
  'apt-get',
  'install',
  '--yes',
  '--allow-downgrades',
  `/mnt/packages/${name}`,
];

/** Ms that something takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function release(version: string, outDir: string): Promise<string> {
  const [deb = ''] = await makeRelease({
    version: packageVersion(version, electronDist()),
    kinds: ['deb'],
    imageDir: defaultOutDir(),
    outDir,
    pressing: 'xz',
  });
  return deb;
}

/** What root is answered by the service. */
async function phaseOf(computer: Computer): Promise<string | undefined> {
  const { code, stdout } = await computer.run(['gleaner', 'status', '--json']);
  return code === 0 ? commands.status.output.parse(JSON.parse(stdout)).vms[0]?.phase : undefined;
}

/** How long a job stands still while a newer package takes the place of the one that runs it, in ms. */
async function downtime(computer: Computer, newer: string): Promise<number> {
  const profile = {
    version: 2,
    settings: { 'host.place': 'service', 'idle.share': 1, 'pauseOn.load': null },
  };
  writeFileSync(computer.outside('/etc/gleaner/locked.json'), JSON.stringify(profile));
  mkdirSync(computer.outside('/root/job'));
  writeFileSync(computer.outside('/root/job/job.json'), jobOf(600));
  await until(async () => (await computer.run(['gleaner', 'jobs', 'add', '/root/job'])).code === 0, 500);
  await until(async () => (await phaseOf(computer)) === 'running', 500);
  let stood: number | undefined;
  let again: number | undefined;
  const upgraded = computer.must(install(newer));
  await until(async () => {
    const phase = await phaseOf(computer);
    if (phase !== 'running') stood ??= performance.now();
    else if (stood !== undefined) again ??= performance.now();
    return again !== undefined;
  }, 50);
  await upgraded;
  return (again ?? Number.NaN) - (stood ?? Number.NaN);
}

export const bench: Bench = {
  name: 'install',
  about: `the .deb on a Debian with systemd: size, installation, first start, upgrade in the middle of a job; ${rounds} times`,
  async run(report) {
    const rootDir = await ensureInstallRoot();
    const shelf = join(cacheDir, 'install', 'bench');
    const older = await release(ownVersion(), shelf);
    const newer = await release(newerVersion(ownVersion()), join(shelf, 'newer'));
    report({ metric: 'package', value: statSync(older).size / 1e6, unit: 'MB' });
    const kib = Number(await must(['dpkg-deb', '--field', older, 'Installed-Size']));
    report({ metric: 'installed', value: (kib * 1024) / 1e6, unit: 'MB' });
    const [installs, unpacks, starts, stood]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < rounds; round += 1) {
      const dir = mkdtempSync(join(tmpdir(), 'bench-install-'));
      mkdirSync(join(dir, 'computer'));
      const computer = await Computer.boot(rootDir, join(dir, 'computer'), shelf);
      try {
        unpacks.push(
          await timed(() =>
            computer.must(['dpkg-deb', '-x', `/mnt/packages/${basename(older)}`, '/opt/by-hand']),
          ),
        );
        await computer.must(['rm', '-r', '/opt/by-hand']);
        installs.push(await timed(() => computer.must(install(basename(older)))));
        const alice = await Desktop.signIn(computer, 'alice', ':1');
        starts.push(
          await timed(async () => {
            await alice.must(['gleaner', 'open', '--hidden']);
            await alice.hostAnswers();
          }),
        );
        await alice.signOut();
        stood.push(await downtime(computer, join('newer', basename(newer))));
      } finally {
        await computer.dispose();
        rmSync(dir, { recursive: true, force: true });
      }
    }
    report({
      metric: 'installation, beside unpacking alone',
      value: median(installs),
      unit: 'ms',
      baseline: median(unpacks),
    });
    report({ metric: 'first start to an answer', value: median(starts), unit: 'ms' });
    report({
      metric: 'job stands still in an upgrade',
      value: median(stood),
      unit: 'ms',
      baseline: median(installs),
    });
  },
};
