import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GridId } from '../../electron/contract/index.ts';
import { idOf, isSameProject, placeOf } from '../../electron/grid/boinc/project-id.ts';
import { projectUrl, StoreFixture } from './boinc-run-fixture.ts';

let dir = '';
let fixture: StoreFixture;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-boinc-'));
  fixture = new StoreFixture(dir);
});
afterEach(() => {
  fixture.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The next host on the same folder. */
function restart(): void {
  fixture.close();
  fixture = new StoreFixture(dir, fixture.clock);
}

const code = (doing: () => unknown): string => {
  try {
    doing();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

test('what is joined survives, with all that is known of it', () => {
  const { store } = fixture;
  const { id } = store.join({
    url: projectUrl,
    name: 'Upper',
    share: 50,
    suspended: true,
    managedBy: { kind: 'manager', name: 'BAM!' },
    contacts: [{ host: 'upper.example.org', port: 443, source: 'project', private: false }],
    weakKey: true,
  });
  store.attached(id, '7');
  store.rememberPassword(id, 'secret');
  store.keyGone(id);
  store.change(id, { noNewWork: true });
  const standing = {
    at: 5,
    hostTotal: 1.5,
    hostRecent: 0.1,
    userTotal: 3,
    userRecent: 0.2,
    userName: 'ada',
    diskBytes: null,
  };
  const before = store.remember(id, standing);
  restart();
  expect(fixture.store.projects()).toEqual([before]);
  expect(before).toMatchObject({
    id: 'boinc-upper-example-org-upper',
    share: 50,
    noNewWork: true,
    suspended: true,
    state: 'joined',
    hostId: '7',
    keyHeld: false,
    rpcPassword: 'secret',
    standing,
  });
});

test('by whom and how a project was named survives, until it is the person’s; a key that was lost is held again', () => {
  const { store } = fixture;
  const named = { url: 'https://www.upper.example.org/', keyDigest: 'ab'.repeat(32) };
  const { id } = store.join({
    url: projectUrl,
    name: 'Upper',
    share: 50,
    managedBy: { kind: 'organization', name: 'Acme' },
    named,
    contacts: [],
    weakKey: false,
  });
  store.keyGone(id);
  store.change(id, { share: 7 });
  restart();
  expect(fixture.store.project(id)).toMatchObject({ named, keyHeld: false });
  expect(fixture.store.keyGiven(id, true)).toMatchObject({ keyHeld: true, weakKey: true });
  const mine = { managedBy: { kind: 'person', name: null }, named: null } as const;
  expect(fixture.store.change(id, mine)).toMatchObject(mine);
});

test('a project is joined once, whatever its address looks like, until its disk is gone', () => {
  const { store } = fixture;
  const id = fixture.join();
  for (const url of ['http://UPPER.example.org/upper', 'https://upper.example.org/upper//', projectUrl]) {
    expect(code(() => fixture.join(url))).toBe('already-joined');
    expect(store.find(url)?.id).toBe(id);
  }
  expect(code(() => fixture.join('ftp://upper.example.org/'))).toBe('bad-request');
  store.leave(id);
  expect(code(() => fixture.join())).toBe('already-joined');
  // Its project may still answer in the last moment.
  expect(store.attached(id, '8').state).toBe('leaving');
  restart();
  expect(fixture.store.project(id).state).toBe('leaving');
  fixture.store.left(id);
  expect(fixture.store.projects()).toEqual([]);
  expect(code(() => fixture.store.project(id))).toBe('not-joined');
  expect(fixture.join()).toBe(id);
});

test('an address keeps its id, and no other gets it', () => {
  const first = fixture.join('https://a.example.org/b-c/');
  const second = fixture.join('https://a.example.org/b/c/');
  expect([first, second]).toEqual(['boinc-a-example-org-b-c', 'boinc-a-example-org-b-c-2']);
  fixture.store.left(first);
  expect(fixture.join('https://a.example.org/b_c/')).toBe('boinc-a-example-org-b-c-3');
  expect(fixture.join('https://a.example.org/b-c/')).toBe(first);
});

test('contacts of one source are replaced, and those of the others stay', () => {
  const { store } = fixture;
  const id = fixture.join();
  const at = (host: string, port = 443) => ({ host, port, private: false });
  store.setContacts(id, 'project', [at('a.example.org'), at('b.example.org'), at('a.example.org')]);
  store.setContacts(id, 'person', [at('c.example.org', 8080)]);
  store.setContacts(id, 'project', [at('d.example.org')]);
  restart();
  expect(fixture.store.project(id).contacts.map(({ host, source }) => `${source} ${host}`)).toEqual([
    'person c.example.org',
    'project d.example.org',
  ]);
  fixture.store.setContacts(id, 'person', []);
  expect(fixture.store.project(id).contacts).toHaveLength(1);
});

test('every address of a project gives an id that the contract and the file system take', () => {
  const url = fc.oneof(
    fc.webUrl({ validSchemes: ['http', 'https'], withQueryParameters: true, withFragments: true }),
    fc.constantFrom(
      'http://[2001:db8::1]:8080/x',
      'https://bücher.example/ä/',
      `https://${'a'.repeat(60)}.${'b'.repeat(60)}.org/`,
    ),
  );
  fc.assert(
    fc.property(url, fc.nat({ max: 200 }), (address, others) => {
      const place = placeOf(address);
      let left = others;
      const id = idOf(place, () => {
        left -= 1;
        return left >= 0;
      });
      expect(GridId.safeParse(id).success).toBe(true);
      expect(isSameProject(address, address.replace(/^https?/, 'https'))).toBe(
        placeOf(address.replace(/^https?/, 'https')) === place,
      );
      expect(isSameProject(address, address)).toBe(true);
    }),
  );
});
