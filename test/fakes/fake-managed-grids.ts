import type { GleanerError } from '../../electron/contract/index.ts';
import type { JoinedProject } from '../../electron/grid/boinc/store-types.ts';
import type { ManagedJoin } from '../../electron/host/join-rules.ts';
import { sameProject } from '../../electron/host/project-url.ts';

/** Fake joined projects: what is asked of them, and a refusal for some. */
export class FakeManagedGrids {
  readonly story: string[] = [];
  readonly refuse = new Map<string, GleanerError>();
  projects: Pick<
    JoinedProject,
    'id' | 'url' | 'name' | 'share' | 'managedBy' | 'named' | 'hostId' | 'suspended' | 'noNewWork'
  >[] = [];
  /** Of each project: what its client computes, and what is over and waits to be reported. */
  tasks = { running: 0, unreported: 0 };

  list(): readonly JoinedProject[] {
    return this.projects as JoinedProject[];
  }

  requirePermitted(url: string): void {
    const refusal = this.refuse.get(url);
    if (refusal) throw refusal;
  }

  bring({ url, share, managedBy }: ManagedJoin): Promise<{ id: string }> {
    const refusal = this.refuse.get(url);
    if (refusal) return Promise.reject(refusal);
    const there = this.projects.find((project) => sameProject(project.url, url));
    if (there) {
      this.story.push(`follow ${there.id} with ${share}`);
      return Promise.resolve(there);
    }
    const id = `boinc-${this.projects.length}`;
    this.story.push(`join ${url}`);
    this.projects.push({
      id,
      url,
      name: url,
      share,
      managedBy,
      named: null,
      hostId: null,
      suspended: false,
      noNewWork: false,
    });
    return Promise.resolve({ id });
  }

  leave(id: string, by: string): Promise<void> {
    const refusal = this.refuse.get(id);
    if (refusal) return Promise.reject(refusal);
    this.story.push(`leave ${id} by ${by}`);
    this.projects = this.projects.filter((project) => project.id !== id);
    return Promise.resolve();
  }

  set(id: string, values: object): { queued: number; running: number } {
    this.story.push(`set ${id} ${JSON.stringify(values)}`);
    return { queued: 0, running: this.tasks.running };
  }

  hasTasks(): boolean {
    return this.tasks.running + this.tasks.unreported > 0;
  }

  adopt(id: string): void {
    this.story.push(`adopt ${id}`);
  }
}
