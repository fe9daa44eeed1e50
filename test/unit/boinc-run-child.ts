import { fileURLToPath } from 'node:url';
import { ProjectRecord } from '../../electron/grid/boinc/record.ts';
import { clientProject, clientTask, nothingSeen, runningTask } from '../fakes/fake-boinc-engine.ts';
import { projectUrl, StoreFixture } from './boinc-run-fixture.ts';

/**
 * Run as a process with a folder, a step and a count: a host that looks at a client whose two tasks are computed and
 * done, and whose credit rises, and that is killed when it comes to that step for that time.
 */
export const recordChild = fileURLToPath(import.meta.url);

/** Takes all looks of that client. */
export function takeLooks(fixture: StoreFixture, id: string): void {
  const record = new ProjectRecord(id, fixture.store, fixture.clock);
  const place = { frozenSeconds: 0, accelerator: 'tcg', applianceDigest: 'sha256:1' };
  const looks = [
    { hostTotal: 0, tasks: ['a', 'b'].map((name) => clientTask(name, runningTask)) },
    {
      hostTotal: 0,
      tasks: [done('a'), clientTask('b', { ...runningTask, cpuSeconds: 5, elapsedSeconds: 5 })],
    },
    { hostTotal: 12.5, tasks: [done('b')] },
    { hostTotal: 20, tasks: [] },
  ];
  for (const { hostTotal, tasks } of looks) {
    const project = clientProject(projectUrl, { hostId: '7', hostTotal });
    record.take({ ...nothingSeen, projects: [project], tasks }, project, place);
    fixture.clock.advance(61_000);
  }
}

function done(name: string) {
  return clientTask(name, { state: 5, cpuSeconds: 10, elapsedSeconds: 10, readyToReport: true });
}

if (process.argv[1] === recordChild) {
  const [dir = '', fatalStep = '', times = '1'] = process.argv.slice(2);
  const fixture = new StoreFixture(dir);
  let left = Number(times);
  fixture.onStep = (step) => {
    if (step !== fatalStep) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  takeLooks(fixture, fixture.join());
}
