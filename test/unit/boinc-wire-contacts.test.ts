import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KnownProject } from '../../electron/contract/grids.ts';
import { Contact, HostName } from '../../electron/contract/network.ts';
import { offerContacts } from '../../electron/grid/boinc/contacts.ts';
import { knownProjects } from '../../electron/grid/boinc/known-projects.ts';
import { masterUrl, typedUrls } from '../../electron/grid/web/url.ts';

const places = (contacts: readonly Contact[]): string[] =>
  contacts.map(({ host, port }) => `${host}:${port}`);

describe('what a project may contact', () => {
  it('is its own address, its schedulers, and what is known, on both usual ports', () => {
    const facts = {
      url: 'http://Project.example/boinc/',
      schedulers: [
        'https://sched.example/cgi',
        'http://project.example/cgi',
        'https://other.example:8443/cgi',
      ],
    };
    const known = {
      ...(knownProjects[0] as KnownProject),
      hosts: [
        { host: '*.files.example', port: 443 },
        { host: 'sched.example', port: 443 },
      ],
    };
    const contacts = offerContacts(facts, known);
    expect(places(contacts)).toEqual([
      'project.example:80',
      'sched.example:443',
      'other.example:8443',
      'project.example:443',
      'sched.example:80',
      '*.files.example:443',
    ]);
    expect(contacts.every((contact) => contact.source === 'project' && !contact.private)).toBe(true);
  });

  it('adds no twin to an unusual port', () => {
    expect(places(offerContacts({ url: 'http://203.0.113.5:8080/', schedulers: [] }, null))).toEqual([
      '203.0.113.5:8080',
    ]);
    expect(places(offerContacts({ url: 'http://[2001:db8::5]/', schedulers: [] }, null))).toEqual([
      '2001:db8::5:80',
      '2001:db8::5:443',
    ]);
  });

  it('is nothing that cannot be written as a contact, and not endless', () => {
    const schedulers = [
      'javascript:x',
      'https://u:p@evil.example/',
      'nonsense',
      ...Array.from({ length: 100 }, (_, i) => `https://s${i}.example/`),
    ];
    const contacts = offerContacts({ url: 'https://p.example/', schedulers }, null);
    expect(contacts).toHaveLength(64);
    expect(places(contacts)).not.toContain('evil.example:443');
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.webUrl(), fc.string())), (urls) => {
        for (const contact of offerContacts({ url: 'https://p.example/', schedulers: urls }, null)) {
          expect(Contact.safeParse(contact).success).toBe(true);
        }
      }),
    );
  });
});

describe('the projects that are known', () => {
  it('are written as the contract has it, each once, and not called verified', () => {
    expect(knownProjects.length).toBeGreaterThanOrEqual(12);
    for (const project of knownProjects) {
      expect(KnownProject.parse(project)).toEqual(project);
      expect(masterUrl(project.url)?.href).toBe(project.url);
      expect(project.hosts.every(({ host }) => HostName.safeParse(host).success)).toBe(true);
      expect(project.source).not.toBe('');
      expect(project.about).toMatch(/\.$/);
      expect(project.verified).toBe(false);
    }
    expect(new Set(knownProjects.map(({ url }) => url)).size).toBe(knownProjects.length);
  });
});

describe('addresses', () => {
  it('are taken as they are meant', () => {
    const typed = (text: string): string[] => typedUrls(text).map(({ href }) => href);
    expect(typed(' Project.example/boinc ')).toEqual([
      'https://project.example/boinc/',
      'http://project.example/boinc/',
    ]);
    expect(typed('project.example:8080')).toEqual([
      'https://project.example:8080/',
      'http://project.example:8080/',
    ]);
    expect(typed('http://project.example//a//b?c#d')).toEqual(['http://project.example/a/b/']);
    for (const none of ['', 'a b', 'ftp://a.example', 'http://u@a.example', 'http://', 'x'.repeat(501)]) {
      expect(typed(none)).toEqual([]);
    }
  });
});
