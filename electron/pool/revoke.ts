import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { toFailure } from '../contract/failures.ts';
import { catalogTargets, type PoolPolicy } from '../contract/pool.ts';
import type { Catalog } from './catalog.ts';
import { parseAds } from './collector.ts';
import { poolConf, revokedConf } from './condor-conf.ts';
import { lastWords, runTool } from './condor-tool.ts';
import { documentBytes } from './init.ts';

/** Publishes a policy, and writes what of it HTCondor reads. Returns its new version. */
export async function setPolicy(catalog: Catalog, policy: PoolPolicy): Promise<number> {
  const { version } = await catalog.policy();
  const { condorDir } = catalog.paths;
  const { state, dirPath } = catalog;
  // First what shuts out: a command that dies here has revoked on the pool's side already.
  await writeFileAtomic(
    join(condorDir, '91-gleaner-revoked.conf'),
    revokedConf(state.pool, policy.revoked),
    0o644,
  );
  await writeFileAtomic(join(condorDir, '90-gleaner.conf'), poolConf(state, policy, dirPath), 0o644);
  await catalog.commit({
    targets: [{ path: catalogTargets.policy, bytes: documentBytes(policy), version: version + 1 }],
  });
  return version + 1;
}

/** What was done with the pool's daemons, in words for a person; `isDone`: nothing is left to be done by hand. */
export interface PoolStep {
  readonly words: string;
  readonly isDone: boolean;
}

/** Has the daemons of this machine read their configuration anew, if it is one of the pool's. */
export async function reconfigure(pool: string): Promise<PoolStep> {
  const byHand = 'run "condor_reconfig" there.';
  try {
    const { stdout } = await runTool('condor_config_val', { args: ['GLEANER_POOL'] });
    if (stdout.trim() !== pool) {
      return {
        isDone: false,
        words: `This is no machine of the pool with 90-gleaner.conf in place: ${byHand}`,
      };
    }
    const { code, stderr, stdout: said } = await runTool('condor_reconfig', { args: [] });
    if (code === 0) return { isDone: true, words: 'The daemons of this machine read it.' };
    return { isDone: false, words: `condor_reconfig failed (${lastWords(stderr || said)}): ${byHand}` };
  } catch (error) {
    return { isDone: false, words: `${toFailure(error).sentence} On the pool's machines ${byHand}` };
  }
}

/** Jobs on these hosts, as an expression of HTCondor's. */
export function jobsOn(hosts: readonly string[], pool: string): string {
  const machines = hosts.map((host) => `${host}.${pool}`).join(',');
  return `stringListIMember(split(RemoteHost, "@")[1], "${machines}")`;
}

/** Takes their jobs from hosts, on every submit node that the collector knows, so that they start elsewhere. */
export async function evict(hosts: readonly string[], pool: string): Promise<PoolStep> {
  const constraint = jobsOn(hosts, pool);
  const byHand = `condor_vacate_job -constraint '${constraint}'`;
  try {
    const { stdout, stderr, code } = await runTool('condor_status', {
      args: ['-schedd', '-json', '-attributes', 'Name'],
    });
    if (code !== 0) throw new Error(lastWords(stderr));
    const names = parseAds(stdout).flatMap((ad) => ad.string('Name') ?? []);
    const failed: string[] = [];
    for (const name of names) {
      const answer = await runTool('condor_vacate_job', { args: ['-name', name, '-constraint', constraint] });
      // "no jobs" is a failure to the tool, and none to us.
      const said = `${answer.stdout}\n${answer.stderr}`;
      if (answer.code !== 0 && !/couldn't find|no jobs|not found/i.test(said))
        failed.push(`${name}: ${lastWords(said)}`);
    }
    if (failed.length === 0)
      return { isDone: true, words: `Their jobs were taken from them on ${names.length} submit nodes.` };
    return { isDone: false, words: `Not on every submit node (${failed.join('; ')}): run ${byHand}` };
  } catch (error) {
    return {
      isDone: false,
      words: `Their jobs run on (${toFailure(error).sentence}): on each submit node run ${byHand}`,
    };
  }
}
