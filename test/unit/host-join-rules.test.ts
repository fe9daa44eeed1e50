import { expect, test } from 'vitest';
import {
  type EffectiveSettings,
  HostName,
  type ProjectOffer,
  type Settings,
} from '../../electron/contract/index.ts';
import { knownProjects } from '../../electron/grid/boinc/known-projects.ts';
import { isConsented, offerTo, requireNeeded, requirePermitted } from '../../electron/host/join-rules.ts';

const offered = (host: string, port: number, isPrivate: boolean) =>
  ({ host, port, source: 'project', private: isPrivate }) as const;
const offer = {
  contacts: [
    offered('boinc.corp', 443, true),
    // As the project's own page names it.
    offered('boinc.corp', 22, true),
    offered('*.corp', 443, false),
  ],
} as unknown as ProjectOffer;
const contact = (host: string, port: number) =>
  ({ host, port, source: 'organization', private: true }) as const;
const join = {
  url: 'https://boinc.corp/',
  key: 'a-key',
  share: 1,
  managedBy: { kind: 'organization', name: null },
} as const;

test('what nobody has looked at gets no private place but those that are spelled out', () => {
  const organization = offerTo({ kind: 'organization', name: null }, offer);
  expect(organization.contacts.map((one) => one.private)).toEqual([false, false, false]);
  const manager = offerTo({ kind: 'manager', name: 'M' }, offer);
  expect(manager.contacts.map(({ host, port }) => `${host}:${port}`)).toEqual([
    'boinc.corp:443',
    'boinc.corp:22',
  ]);
});

test('a private home is consented to by address and port', () => {
  expect(isConsented({ ...join, contacts: [contact('boinc.corp', 443)] })).toBe(true);
  expect(isConsented({ ...join, contacts: [contact('boinc.corp', 22)] })).toBe(false);
  expect(isConsented({ ...join, contacts: [contact('other.corp', 443)] })).toBe(false);
});

test('a wildcard is allowed only where the project’s definition needs it', () => {
  const wild = knownProjects.find(({ hosts }) => hosts.some(({ host }) => host.startsWith('*.')));
  const needed = wild?.hosts.find(({ host }) => host.startsWith('*.'))?.host ?? '';
  expect(() => {
    requireNeeded(needed, wild?.url ?? '');
  }).not.toThrow();
  expect(() => {
    requireNeeded('*.example.org', wild?.url ?? '');
  }).toThrow(/stands for more hosts/);
  expect(() => {
    requireNeeded(needed, 'https://other.example/');
  }).toThrow(/stands for more hosts/);
  expect(() => {
    requireNeeded('exact.example.org', 'https://other.example/');
  }).not.toThrow();
});

test.each(['*.com', '*.', '*.a', '*.*.example.org', '*'])('%s is no host', (host) => {
  expect(HostName.safeParse(host).success).toBe(false);
});

test.each(['*.example.org', 'example.org', 'localhost', '::1', '10.0.0.1'])('%s is one', (host) => {
  expect(HostName.safeParse(host).success).toBe(true);
});

test.each([
  ['user', 'ACME', 'your own settings'],
  ['locked', 'ACME', 'ACME'],
  ['default', null, 'whoever manages this computer'],
] as const)('what %s does not permit is refused in its name', (source, organization, who) => {
  const refuse = (permitted: string[]) => () => {
    requirePermitted('https://a.example/', {
      ...{ organization, broken: null },
      values: { 'grids.permitted': permitted } as Settings,
      sources: { 'grids.permitted': source } as EffectiveSettings['sources'],
    });
  };
  expect(refuse([])).toThrow(
    expect.objectContaining({
      message: `This address is not permitted by ${who}.`,
      hint: 'No project is permitted here.',
    }),
  );
  const many = Array.from({ length: 10 }, (_, index) => `https://${index}.example/`);
  expect(refuse(many)).toThrow(
    expect.objectContaining({ hint: `Permitted: ${many.slice(0, 8).join(', ')} and 2 more.` }),
  );
  expect(refuse(['http://a.example'])).not.toThrow();
});
