import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/index.ts';
import { clientTask, FakeBoincEngine } from '../fakes/fake-boinc-engine.ts';
import { GridsFixture, managedAccount, organizationProject, projectFacts } from './host-grids-fixture.ts';

const url = 'https://a.example/';
const login = { url: 'manager.example', name: 'me', password: 'a password', allowPrivate: false };
const files = { host: 'files.example', port: 443, private: false };
const others = { host: 'others.example', port: 443, private: false };

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

/** What lies in the folder of keys, as `account-…`. */
const keys = (): string[] => readdirSync(join(dir, 'keys')).filter((name) => name.startsWith('account-'));
const problem = () => fixture.problems.get(`organization project ${url}`);
const lookups = (): number => fixture.asked.filter((one) => one.startsWith('lookup')).length;

async function joins(account = { kind: 'key' as const, key: 'the-persons-own-key' }): Promise<void> {
  const { contacts } = await fixture.calls['grids.lookup']({ url, allowPrivate: false });
  await fixture.calls['grids.join']({ url, account, contacts, allowPrivate: false, share: 7 });
}

/** Whether there is a lane of the one project. */
const isThere = (): boolean => fixture.grids.views().length === 2;

/** Named by the organization, and joined. */
async function named(more: Parameters<typeof organizationProject>[1] = {}): Promise<string> {
  fixture.organize(organizationProject(url, more));
  await fixture.until(isThere);
  return fixture.idOf(url);
}

test('the contacts of an organization’s project follow the settings, and the person’s stay', async () => {
  const id = await named({ contacts: [files] });
  await fixture.calls['grids.allow']({ id, host: 'mine.example', port: 80, private: false });
  const lane = fixture.grids.boinc.lane(id);
  await lane.gateway.open();
  const own = ['project a.example:443', 'project a.example:80'];
  const passes = (): readonly string[] => fixture.workers.gateways.at(-1)?.passes ?? [];
  expect([...passes()].sort()).toEqual(
    [...own, 'organization files.example:443', 'person mine.example:80'].sort(),
  );
  const asked = lookups();
  fixture.organize(organizationProject(url, { contacts: [others], share: 9 }));
  await fixture.until(() => fixture.joined()[0]?.share === 9);
  // The gateway at once, not only the next one.
  expect([...passes()].sort()).toEqual(
    [...own, 'organization others.example:443', 'person mine.example:80'].sort(),
  );
  // Nothing of that has to be asked of the project.
  expect(lookups()).toBe(asked);
  expect(() => fixture.calls['grids.forbid']({ id, ...others })).toThrow(/not added by you/);
});

test('what a new contact was refused before is tried at once', async () => {
  const id = await named();
  const { network } = fixture.grids;
  const said = { code: 'denial.not-listed', values: { place: 'files.example:443' } } as const;
  network.deny(id, { ...files, reason: 'not-listed', sentence: 'No.', said, allowable: true, count: 1 });
  const client = new FakeBoincEngine().joined(url);
  await fixture.runs(id, client, () => client.asked.includes('networkMode always'));
  client.asked.length = 0;
  fixture.organize(organizationProject(url, { contacts: [files] }));
  await fixture.until(() => fixture.joined()[0]?.places.includes('organization files.example:443') === true);
  expect(network.of(id).denials).toEqual([]);
  await fixture.runs(id, client, () => client.asked.includes('update'));
  expect(client.asked).toContain('update');
});

test('a project with another key is joined anew with it, as the person had left it', async () => {
  const id = await named();
  await fixture.calls['grids.allow']({ id, host: 'mine.example', port: 80, private: false });
  await fixture.calls['grids.set']({ id, suspended: true });
  const before = fixture.grids.boinc.lane(id);
  fixture.organize(organizationProject(url, { key: 'another-account-key' }));
  await fixture.until(() => isThere() && fixture.grids.boinc.lane(id) !== before);
  expect(fixture.joined()[0]?.places).toContain('person mine.example:80');
  await fixture.calls['grids.set']({ id, suspended: false });
  const client = new FakeBoincEngine();
  await fixture.runs(id, client, () => client.project !== undefined);
  expect(client.asked).toContain(`attach ${url} weak-another-account-key`);
  // The same again asks for nothing.
  fixture.organize(organizationProject(url, { key: 'another-account-key', share: 5 }));
  await fixture.until(() => fixture.joined()[0]?.share === 5);
  expect(lookups()).toBe(2);
});

test('while another key cannot be checked, the project runs on with the one that it has', async () => {
  const id = await named();
  fixture.refuse.set(`account ${url}`, new GleanerError('account-refused', 'No such key.'));
  fixture.organize(organizationProject(url, { key: 'a-key-of-nobody', contacts: [files] }));
  await fixture.until(() => problem() !== undefined);
  expect(problem()?.sentence).toBe(
    'A project of your organization does not follow its settings: No such key.',
  );
  expect(fixture.idOf(url)).toBe(id);
  expect(keys()).toHaveLength(1);
  expect(fixture.joined()[0]?.places).toContain('organization files.example:443');
});

test('an organization’s VM that has lost its key is given it again', async () => {
  const id = await named();
  // As after a host that was killed before it could keep the key.
  rmSync(join(dir, 'keys', keys()[0] ?? ''));
  const client = new FakeBoincEngine();
  await fixture.runs(id, client, () => keys().length === 1);
  await fixture.until(() => keys().length === 1 && fixture.grids.boinc.lane(id).view().state !== 'attention');
  expect(client.asked.filter((one) => one.startsWith('attach'))).toEqual([]);
  await fixture.runs(id, client, () => client.project !== undefined);
  expect(client.asked).toContain(`attach ${url} weak-1234567890abcdef`);
  expect(fixture.problems.list()).toEqual([]);
});

test('a manager’s VM that has lost its key is given it again, and one with another key is joined anew', async () => {
  fixture.accounts = [managedAccount(url)];
  await fixture.calls['manager.join'](login);
  const id = fixture.idOf(url);
  rmSync(join(dir, 'keys', keys()[0] ?? ''));
  const client = new FakeBoincEngine();
  await fixture.runs(id, client, () => keys().length === 1);
  await fixture.until(() => keys().length === 1 && fixture.grids.boinc.lane(id).view().state !== 'attention');
  await fixture.runs(id, client, () => client.project !== undefined);
  expect(client.asked).toContain(`attach ${url} weak-abcdef1234567890`);
  fixture.accounts = [managedAccount(url, { key: 'another-account-key' })];
  await fixture.calls['manager.sync']({});
  const anew = new FakeBoincEngine();
  await fixture.runs(id, anew, () => anew.project !== undefined);
  expect(anew.asked).toContain(`attach ${url} weak-another-account-key`);
  // One that names no key means the one that is there.
  fixture.accounts = [managedAccount(url, { key: '', share: 3 })];
  const asked = lookups();
  await fixture.calls['manager.sync']({});
  expect(fixture.joined()).toMatchObject([{ share: 3, managedBy: { kind: 'manager' } }]);
  expect(lookups()).toBe(asked);
});

test('a project that the person has joined is the organization’s once it names it, with its account', async () => {
  await joins();
  const id = fixture.idOf(url);
  await fixture.calls['grids.allow']({ id, host: 'mine.example', port: 80, private: false });
  fixture.organize(organizationProject(url, { contacts: [files] }));
  await fixture.until(() => fixture.joined()[0]?.managedBy.kind === 'organization' && isThere());
  expect(fixture.joined()).toMatchObject([{ share: 100, managedBy: { kind: 'organization', name: 'Acme' } }]);
  expect(fixture.joined()[0]?.places.slice(-2)).toEqual([
    'organization files.example:443',
    'person mine.example:80',
  ]);
  expect(problem()).toBeUndefined();
  const client = new FakeBoincEngine();
  await fixture.runs(id, client, () => client.project !== undefined);
  expect(client.asked).toContain(`attach ${url} weak-1234567890abcdef`);
  await expect(fixture.calls['grids.leave']({ id })).rejects.toMatchObject({ code: 'grid-not-permitted' });
  fixture.organize();
  await fixture.until(() => fixture.joined().length === 0);
});

test('as long as the organization’s key is not taken, the person’s project stays theirs', async () => {
  await joins();
  fixture.refuse.set(`account ${url}`, new GleanerError('account-refused', 'No such key.'));
  fixture.organize(organizationProject(url));
  await fixture.until(() => problem() !== undefined);
  expect(fixture.joined()).toMatchObject([{ share: 7, managedBy: { kind: 'person' } }]);
});

test('what a manager had joined follows the organization, and no manager takes it back', async () => {
  fixture.accounts = [managedAccount(url, { key: '1234567890abcdef' })];
  await fixture.calls['manager.join'](login);
  const asked = lookups();
  fixture.organize(organizationProject(url));
  await fixture.until(() => fixture.joined()[0]?.managedBy.kind === 'organization');
  // It is the same account.
  expect(lookups()).toBe(asked);
  fixture.accounts = [managedAccount(url, { detach: true })];
  const { refused } = await fixture.calls['manager.sync']({});
  expect(refused).toHaveLength(1);
  expect(fixture.joined()).toMatchObject([{ share: 100, managedBy: { kind: 'organization' } }]);
});

test('a project that was named by another address than its own stays joined', async () => {
  fixture.facts.set('https://www.a.example/', projectFacts(url));
  fixture.organize(organizationProject('https://www.a.example/'));
  await fixture.until(isThere);
  fixture.organize(organizationProject('https://www.a.example/', { share: 5 }));
  await fixture.until(() => fixture.joined()[0]?.share === 5);
  expect(lookups()).toBe(1);
});

test('of two entries about one project the first counts', async () => {
  await named();
  fixture.organize(
    organizationProject(url, { share: 5 }),
    organizationProject('http://a.example', { key: 'another-account-key' }),
  );
  await fixture.until(() => fixture.joined()[0]?.share === 5);
  await fixture.grids.boinc.offer(url, false);
  expect(lookups()).toBe(2);
});

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

test('what the organization does not permit is not even looked up, and is marked among what is known', async () => {
  const permitted = 'https://einsteinathome.org/';
  fixture.settings = { 'grids.permitted': [permitted] };
  const account = { kind: 'key' as const, key: 'the-persons-own-key' };
  const refused = {
    code: 'grid-not-permitted',
    message: 'This address is not permitted by Acme.',
    hint: `Permitted: ${permitted}.`,
  };
  const { calls } = fixture;
  await expect(calls['grids.lookup']({ url, allowPrivate: false })).rejects.toMatchObject(refused);
  await expect(
    calls['grids.join']({ url, account, contacts: [], allowPrivate: false, share: 7 }),
  ).rejects.toMatchObject(refused);
  expect(fixture.asked).toEqual([]);
  await calls['grids.lookup']({ url: permitted, allowPrivate: false });
  const known = await calls['grids.known']({});
  expect(known.filter((project) => project.permitted).map((project) => project.url)).toEqual([permitted]);
});
