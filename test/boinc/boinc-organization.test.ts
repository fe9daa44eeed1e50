import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type Denial,
  type OrganizationProject,
  type SettingsDocument,
  settingsVersion,
} from '../../electron/contract/index.ts';
import type { ProfileSource, RawProfiles } from '../../electron/settings/profiles/source.ts';
import type { StandInUser } from '../fakes/boinc-project/accounts.ts';
import { makeAuthority } from '../fakes/boinc-project/certificates.ts';
import type { StandIn } from '../fakes/boinc-project/stand-in.ts';
import { sees } from '../vm/host-world.ts';
import { BoincWorld, placeOf, shows } from './boinc-world.ts';

/** A computer whose administrator names its project, in a locked profile that changes. The tests follow one another. */

/** What the administrator has locked, told of as soon as it changes. */
class LockedProfile implements ProfileSource {
  readonly #listeners = new Set<() => void>();
  #projects: readonly OrganizationProject[] = [];

  read(): Promise<RawProfiles> {
    const raw: SettingsDocument = {
      version: settingsVersion,
      organization: 'Acme',
      settings: { 'grids.boinc': [...this.#projects] },
    };
    return Promise.resolve({ defaults: null, locked: { place: 'the test', raw } });
  }

  watch(onChange: () => void): { dispose: () => void } {
    this.#listeners.add(onChange);
    return {
      dispose: () => {
        this.#listeners.delete(onChange);
      },
    };
  }

  names(...projects: readonly OrganizationProject[]): void {
    this.#projects = projects;
    for (const listener of this.#listeners) listener();
  }
}

const profile = new LockedProfile();
const files = { host: 'data.example', port: 443, private: false };
let world: BoincWorld;
let standIn: StandIn;
let first: StandInUser;
let second: StandInUser;
let id: string;

beforeAll(async () => {
  const authority = makeAuthority();
  world = await BoincWorld.start({
    settings: { 'network.authorities': authority.certificate },
    host: { profiles: profile },
  });
  standIn = await world.standIn({ tls: authority, mirror: placeOf('data.example') });
  first = standIn.account('pool@acme.example', 'a good password', 'Acme');
  second = standIn.account('lab@acme.example', 'a good password', 'Acme Lab');
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await world.story(standIn));
});
afterAll(() => world.dispose());

const project = (more: Partial<OrganizationProject> = {}): OrganizationProject => ({
  url: standIn.masterUrl,
  key: first.weakKey,
  share: 30,
  contacts: [],
  ...more,
});

test('a project that the profile names is joined without anybody, and its files come from where that says', async () => {
  const { host } = world;
  const task = standIn.addTask({ cpuSeconds: 2, credit: 4, inputFrom: 'https://data.example' });
  profile.names(project());
  const { grids } = await sees(host, (one) => one.grids.some(({ kind }) => kind === 'boinc'));
  const grid = grids.find(({ kind }) => kind === 'boinc');
  expect(grid).toMatchObject({ name: 'Stand-in', managedBy: 'Acme', share: 30 });
  id = grid?.id ?? '';
  const isOfFiles = (denial: Denial): boolean => denial.host === files.host;
  const { denials } = await shows(host, id, (detail) => detail.denials.some(isOfFiles));
  expect(denials.find(isOfFiles)).toMatchObject({ port: 443, reason: 'not-listed' });
  // The client has taken the refusal, and would not try again for long.
  await shows(host, id, ({ transfers }) => transfers.some(({ words }) => words !== null));
  expect(standIn.requests.filter((request) => request.host.startsWith('data.'))).toEqual([]);
  profile.names(project({ contacts: [files] }));
  await world.until(standIn, () => task.granted !== null);
  expect(task.verdict).toBe('valid');
  const detail = await host.call('grids.show', { id });
  expect(detail.contacts).toContainEqual({ ...files, source: 'organization' });
  expect(detail).toMatchObject({ weakKey: true, denials: [] });
});

test('the person can neither leave it nor change its share', async () => {
  const { host } = world;
  await expect(host.call('grids.leave', { id })).rejects.toMatchObject({ code: 'grid-not-permitted' });
  await expect(host.call('grids.set', { id, share: 1 })).rejects.toMatchObject({ code: 'setting-locked' });
  await expect(host.call('grids.forbid', { id, host: files.host, port: 443 })).rejects.toMatchObject({
    code: 'grid-not-permitted',
  });
  const { grids } = await host.call('status', {});
  expect(grids.find((grid) => grid.id === id)).toMatchObject({ share: 30 });
});

test('with another account in the profile it computes for that one', async () => {
  const { host } = world;
  const { hosts } = standIn.project.accounts;
  profile.names(project({ key: second.weakKey, contacts: [files] }));
  await world.until(standIn, () => hosts.length === 2);
  const task = standIn.addTask({ cpuSeconds: 2, credit: 4 });
  await host.call('grids.update', { id });
  await world.until(standIn, () => task.granted !== null);
  expect(hosts.map(({ userId, credit }) => [userId, credit])).toEqual([
    [first.id, 4],
    [second.id, 4],
  ]);
});

test('named no more, it is left without a trace', async () => {
  const { host } = world;
  profile.names();
  await sees(host, ({ grids }) => grids.every(({ kind }) => kind !== 'boinc'));
  expect((await host.call('status', {})).vms.map(({ grid }) => grid)).toEqual(['local']);
  expect(world.tracesOf([id], [first.weakKey, second.weakKey])).toEqual([]);
  expect((await host.call('ledger.verify', {})).ok).toBe(true);
});
