import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Failure } from '../../electron/contract/failures.ts';
import { Account } from '../../electron/contract/grids.ts';
import {
  type AccountDraft,
  accountOf,
  emptyDraft,
  faultsOf,
  waysOf,
} from '../../renderer/views/account-draft.ts';
import {
  firstStep,
  type JoinEvent,
  type JoinStep,
  joinFlow,
  remedyOf,
} from '../../renderer/views/join-flow.ts';
import {
  byArea,
  isSameProject,
  matching,
  permittedOf,
  sharedDay,
} from '../../renderer/views/known-projects.ts';
import { firstPlace, placeAsked, tabOf } from '../../renderer/views/place.ts';
import type { Setup } from '../../renderer/views/welcome-flow.ts';
import { fakeGrid, fakeKnown, fakeLocalGrid, fakeManager, fakeOffer } from '../fakes/fake-grid-views.ts';
import { speakIn } from '../fakes/speak.ts';

beforeAll(() => speakIn('en'));

const looked = { url: 'https://a.example/', allowPrivate: false };
const offer = fakeOffer();
const failure = { code: 'grid-unreachable', sentence: 'Nothing answers.' } as const;
const after = (...events: readonly JoinEvent[]): JoinStep => events.reduce(joinFlow, firstStep);
const look: JoinEvent = { type: 'look', looked };
const found: JoinEvent = { type: 'found', looked, offer };
const agree: JoinEvent = { type: 'agree', allowPrivate: false };
const join: JoinEvent = { type: 'join' };

describe('the way to a joined project', () => {
  it('goes from the choice over what it asks and the account to the end', () => {
    expect(after(look)).toEqual({ at: 'looking', looked });
    expect(after(look, found)).toEqual({ at: 'asks', looked, offer });
    expect(after(look, found, agree)).toMatchObject({ at: 'sign-in', joining: false, failure: null });
    expect(after(look, found, agree, join)).toMatchObject({ at: 'sign-in', joining: true });
    expect(after(look, found, agree, join, { type: 'joined', grid: 'boinc-a' })).toEqual({
      at: 'done',
      offer,
      grid: 'boinc-a',
    });
    expect(after(look, found, agree, join, { type: 'joined', grid: 'x' }, { type: 'again' })).toBe(firstStep);
  });

  it('goes back step by step, but not while it joins', () => {
    const back: JoinEvent = { type: 'back' };
    expect(after(look, found, agree, back)).toEqual({ at: 'asks', looked, offer });
    expect(after(look, found, back)).toBe(firstStep);
    expect(after(look, back)).toBe(firstStep);
    expect(after(look, found, agree, join, back)).toMatchObject({ at: 'sign-in', joining: true });
  });

  it('comes back with the reason, and stays at the account when that was refused', () => {
    expect(after(look, { type: 'not-found', looked, failure })).toEqual({
      at: 'choose',
      refused: { looked, failure },
    });
    const refused = { code: 'account-refused', sentence: 'No.' } as const;
    expect(after(look, found, agree, join, { type: 'refused', failure: refused })).toMatchObject({
      at: 'sign-in',
      joining: false,
      failure: refused,
    });
    const changed = { code: 'consent-required', sentence: 'It asks for something else now.' } as const;
    expect(after(look, found, agree, join, { type: 'refused', failure: changed })).toEqual({
      at: 'choose',
      refused: { looked, failure: changed },
    });
  });

  it('goes on neither without work for the VM, nor without the word for a private network', () => {
    const stays = (changes: Parameters<typeof fakeOffer>[0], event = agree): string => {
      const step = after(look, { type: 'found', looked, offer: fakeOffer(changes) }, event);
      return step.at;
    };
    expect(stays({ runsHere: false })).toBe('asks');
    expect(stays({ runsHere: null })).toBe('sign-in');
    expect(stays({ runsHere: false, kind: 'manager' })).toBe('sign-in');
    expect(stays({ needsPrivate: true })).toBe('asks');
    expect(stays({ needsPrivate: true }, { type: 'agree', allowPrivate: true })).toBe('sign-in');
  });

  it('heeds no answer to what is not asked any more', () => {
    const other = { ...looked };
    expect(after(look, { type: 'found', looked: other, offer })).toEqual({ at: 'looking', looked });
    expect(after(look, { type: 'back' }, found)).toBe(firstStep);
    expect(after(look, { type: 'back' }, { type: 'not-found', looked, failure })).toBe(firstStep);
    const events = fc.constantFrom<JoinEvent>(
      look,
      found,
      { type: 'found', looked: other, offer },
      { type: 'not-found', looked, failure },
      agree,
      join,
      { type: 'joined', grid: 'boinc-a' },
      { type: 'refused', failure },
      { type: 'back' },
      { type: 'again' },
    );
    fc.assert(
      fc.property(fc.array(events, { maxLength: 30 }), (all) => {
        let step: JoinStep = firstStep;
        for (const event of all) {
          const next = joinFlow(step, event);
          // Nothing is joined that was not seen, agreed to and asked for.
          if (next.at === 'done' && step.at !== 'done') expect(step).toMatchObject({ joining: true });
          if (next.at === 'sign-in' && step.at !== 'sign-in') expect(step.at).toBe('asks');
          step = next;
        }
      }),
    );
  });
});

describe('what can be done about an address that was refused', () => {
  const remedy = (code: Failure['code'], url = looked.url, allowPrivate = false): string | null =>
    remedyOf({ url, allowPrivate }, { code, sentence: 'No.' });

  it('is to look again where the network may have mended itself, or something else was agreed to', () => {
    expect(remedy('grid-unreachable')).toBe('again');
    expect(remedy('network-metered')).toBe('again');
    expect(remedy('consent-required')).toBe('again');
    expect(remedy('bad-request')).toBeNull();
    expect(remedy('grid-protocol')).toBeNull();
  });

  it('is to say that it is on the company’s network, once, and never of this computer itself', () => {
    expect(remedy('egress-denied')).toBe('private');
    expect(remedy('egress-denied', looked.url, true)).toBeNull();
    for (const own of [
      'http://localhost:8080/',
      'localhost',
      'https://a.localhost',
      '127.0.0.1',
      'http://[::1]/',
    ]) {
      expect(remedy('egress-denied', own)).toBeNull();
    }
    expect(remedy('egress-denied', 'https://localhost.example.org/')).toBe('private');
  });
});

describe('an account', () => {
  const draft = (changes: Partial<AccountDraft>): AccountDraft => ({ ...emptyDraft, ...changes });
  const wrong = (changes: Partial<AccountDraft>, of = offer): string[] =>
    Object.keys(faultsOf(draft(changes), of)).sort();

  it('is told what is missing, for its way only', () => {
    expect(wrong({})).toEqual(['email', 'password']);
    expect(wrong({ email: 'me', password: 'x' })).toEqual(['email']);
    expect(wrong({ email: 'me@example.org', password: 'x' })).toEqual([]);
    expect(wrong({ email: 'me', password: 'x' }, fakeOffer({ usesName: true }))).toEqual([]);
    expect(wrong({ way: 'key', key: 'short' })).toEqual(['key']);
    expect(wrong({ way: 'key', key: ` ${'0a'.repeat(16)} ` })).toEqual([]);
    expect(wrong({ way: 'create', email: 'me@example.org', password: '1234567' })).toEqual([
      'name',
      'password',
    ]);
    const terms = fakeOffer({ terms: 'Be kind.' });
    const made = { way: 'create', email: 'me@example.org', password: '12345678', name: 'Me' } as const;
    expect(wrong(made, terms)).toEqual(['agreed']);
    expect(wrong({ ...made, agreed: true }, terms)).toEqual([]);
  });

  it('has the ways that the offer has', () => {
    expect(waysOf(offer)).toEqual(['login', 'key', 'create']);
    expect(waysOf(fakeOffer({ canCreateAccount: false }))).toEqual(['login', 'key']);
    expect(waysOf(fakeOffer({ kind: 'manager' }))).toEqual(['login']);
  });

  it('without faults is what the contract takes', () => {
    const text = fc.string({ maxLength: 40 });
    const drafts = fc.record({
      way: fc.constantFrom('login', 'key', 'create'),
      key: fc.oneof(text, fc.stringMatching(/^[a-f0-9]{32}$/)),
      email: fc.oneof(text, fc.emailAddress()),
      password: text,
      name: text,
      agreed: fc.boolean(),
    });
    fc.assert(
      fc.property(drafts, (made) => {
        if (Object.keys(faultsOf(made, offer)).length > 0) return;
        expect(Account.safeParse(accountOf(made)).success).toBe(true);
      }),
    );
  });
});

describe('the known projects', () => {
  it('are found by every word of name, area, subject or address', () => {
    const names = (search: string): string[] => matching(fakeKnown, search).map(({ name }) => name);
    expect(names('')).toHaveLength(fakeKnown.length);
    expect(names('MATH')).toEqual(['Prime Orchard', 'Knot Atlas']);
    expect(names('mathematics prime')).toEqual(['Prime Orchard']);
    expect(names('quiet-sky.example.org')).toEqual(['Quiet Sky']);
    expect(names('weaving')).toEqual([]);
  });

  it('are those that are permitted, whatever scheme and slash the address has', () => {
    const names = (permitted: readonly string[] | null): string[] =>
      permittedOf(fakeKnown, permitted).map(({ name }) => name);
    expect(names(null)).toHaveLength(fakeKnown.length);
    expect(names([])).toEqual([]);
    expect(names(['http://knot-atlas.example.org', 'https://elsewhere.example.org/'])).toEqual([
      'Knot Atlas',
    ]);
    expect(isSameProject('https://a.example/one/', 'a.example/one')).toBe(true);
    expect(isSameProject('https://a.example/one/', 'https://a.example/two/')).toBe(false);
  });

  it('say their day once for all that are told from memory', () => {
    expect(sharedDay(fakeKnown)).toBe('2025-03-01');
    expect(sharedDay(fakeKnown.filter(({ verified }) => verified))).toBeNull();
  });

  it('stand by area in the order of the alphabet', () => {
    expect(byArea(fakeKnown).map(([area, projects]) => [area, projects.map(({ name }) => name)])).toEqual([
      ['Astronomy', ['Quiet Sky']],
      ['Biology and medicine', ['Fever Map', 'Protein Loom']],
      ['Climate', ['Tide Tables']],
      ['Mathematics', ['Knot Atlas', 'Prime Orchard']],
    ]);
  });
});

describe('where a window begins', () => {
  const untouched = fakeLocalGrid({ done: 0 });

  const first = (snapshot: Parameters<typeof firstPlace>[0], setup: Setup | null = null): string =>
    firstPlace(snapshot, setup).page;
  const setup = (state: Setup['state']): Setup => ({ state, step: 'amount', sample: false });

  it('is the welcome page until something was done or joined', () => {
    expect(first({ grids: [untouched], manager: null })).toBe('welcome');
    expect(first({ grids: [fakeLocalGrid({ done: 1 })], manager: null })).toBe('home');
    expect(first({ grids: [untouched, fakeGrid({ done: 0 })], manager: null })).toBe('home');
    expect(first({ grids: [untouched], manager: fakeManager() })).toBe('home');
  });

  it('is the welcome page for somebody whose organization has joined something, until it was seen', () => {
    const grids = [untouched, fakeGrid({ done: 0, managedBy: 'Acme Research' })];
    expect(first({ grids, manager: null })).toBe('welcome');
    expect(first({ grids, manager: null }, setup('finished'))).toBe('home');
  });

  it('is the welcome page for whoever was amid it, and not for whoever has finished it', () => {
    const grids = [untouched, fakeGrid({ done: 4 })];
    expect(first({ grids, manager: null }, setup('open'))).toBe('welcome');
    expect(first({ grids, manager: null }, setup('left'))).toBe('home');
    expect(first({ grids: [untouched], manager: null }, setup('left'))).toBe('welcome');
    expect(first({ grids: [untouched], manager: null }, setup('finished'))).toBe('home');
  });

  it('is where a link leads, or where it was for one that leads nowhere', () => {
    const url = 'https://a.example/';
    expect(placeAsked({ page: 'join', url })).toEqual({ page: 'join', url, at: 'link' });
    expect(placeAsked({ page: 'refused-link' })).toBeNull();
    expect(placeAsked({ page: 'health' })).toEqual({ page: 'health' });
  });

  it('marks the tab to which a page belongs', () => {
    expect([tabOf({ page: 'welcome' }), tabOf({ page: 'join' }), tabOf({ page: 'home' })]).toEqual([
      null,
      'grids',
      'home',
    ]);
  });
});
