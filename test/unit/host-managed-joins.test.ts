import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clientTask, FakeBoincEngine } from '../fakes/fake-boinc-engine.ts';
import { GridsFixture, managedAccount, organizationProject, projectFacts } from './host-grids-fixture.ts';

const url = 'https://a.example/';
const login = { url: 'manager.example', name: 'me', password: 'a password', allowPrivate: false };

let dir = '';
let fixture: GridsFixture;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-grids-'));
  fixture = new GridsFixture(dir);
  fixture.facts.set('manager.example', projectFacts('https://manager.example/', { kind: 'manager' }));
  await fixture.begin();
});
afterEach(async () => {
  await fixture.end();
  rmSync(dir, { recursive: true, force: true });
});

/** Whether there is a lane of the one project. */
const isThere = (): boolean => fixture.grids.views().length === 2;

/** Named by the organization, and joined. */
async function named(more: Parameters<typeof organizationProject>[1] = {}): Promise<string> {
  fixture.organize(organizationProject(url, more));
  await fixture.until(isThere);
  return fixture.idOf(url);
}

test('a manager’s project that is to go when it is done goes when its results are reported', async () => {
  fixture.accounts = [managedAccount(url)];
  await fixture.calls['manager.join'](login);
  const id = fixture.idOf(url);
  const client = new FakeBoincEngine().joined(url);
  client.tasks = [clientTask('task_1', { state: 5, readyToReport: true })];
  await fixture.runs(id, client, () => fixture.grids.boinc.lane(id).view().done === 1);
  expect(fixture.grids.boinc.lane(id).view()).toMatchObject({ queued: 0, running: 0 });
  fixture.accounts = [managedAccount(url, { detachWhenDone: true })];
  await fixture.calls['manager.sync']({});
  expect(fixture.joined()).toHaveLength(1);
  client.tasks = [];
  await fixture.runs(id, client, () => !fixture.grids.boinc.hasTasks(id));
  await fixture.calls['manager.sync']({});
  expect(fixture.joined()).toEqual([]);
});

test('the share of what others decide about is not the person’s to set', async () => {
  const id = await named();
  const refused = { code: 'setting-locked', message: 'Acme decides about the share of https://a.example/.' };
  expect(() => fixture.calls['grids.set']({ id, share: 5, suspended: true })).toThrow(
    expect.objectContaining(refused),
  );
  expect(fixture.grids.boinc.list()).toMatchObject([{ share: 100, suspended: false }]);
  expect(fixture.calls['grids.set']({ id, suspended: true })).toMatchObject({
    state: 'suspended',
    share: 100,
  });
});

test('the share of a manager’s project is the manager’s, until the person has left it', async () => {
  fixture.accounts = [managedAccount(url)];
  await fixture.calls['manager.join'](login);
  const id = fixture.idOf(url);
  expect(() => fixture.calls['grids.set']({ id, share: 5 })).toThrow(
    expect.objectContaining({ code: 'setting-locked' }),
  );
  fixture.accounts = [managedAccount(url, { share: 9 })];
  await fixture.calls['manager.sync']({});
  expect(fixture.joined()).toMatchObject([{ share: 9 }]);
  await fixture.calls['manager.leave']({ leaveProjects: false });
  expect(fixture.calls['grids.set']({ id, share: 5 })).toMatchObject({ share: 5 });
});
