import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { settingTypes } from '../../electron/contract/settings.ts';
import english from '../../text/catalogue/en.ts';
import { type Catalogue, loadCatalogue } from '../../text/catalogues.ts';
import { chooseLanguage, directionOf, type Language, languages } from '../../text/languages.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { type Use, usesIn } from '../support/message-uses.ts';
import { parseSource, sourcesBelow } from '../support/sources.ts';

type Elements = ReturnType<IntlMessageFormat['getAst']>;

/** The number of the parser's type for a literal. */
const literal = 0;

/** What a message asks for, and the plural forms that it has. */
interface Shape {
  readonly values: ReadonlySet<string>;
  readonly plurals: readonly (readonly string[])[];
}

function shapeOf(message: string, language: string): Shape {
  const values = new Set<string>();
  const plurals: string[][] = [];
  const look = (elements: Elements): void => {
    for (const element of elements) {
      // A pound sign has no value, and a literal's is what it says.
      if (!('value' in element) || element.type.valueOf() === literal) continue;
      values.add(element.value);
      if (!('options' in element)) continue;
      if ('pluralType' in element) plurals.push(Object.keys(element.options));
      for (const option of Object.values(element.options)) look(option.value);
    }
  };
  look(new IntlMessageFormat(message, language, undefined, { ignoreTag: true }).getAst());
  return { values, plurals };
}

/** All messages of a catalogue, by `part:key`. */
function messagesOf(catalogue: Catalogue): Map<string, string> {
  return new Map(
    Object.entries(catalogue).flatMap(([part, messages]) =>
      Object.entries(messages).map(([key, message]) => [`${part}:${key}`, message] as const),
    ),
  );
}

/** What a language lacks, has too much, or says with other values or too few plural forms than it needs. */
function faultsOf(language: Language, own: Catalogue, model: Catalogue): string[] {
  const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const messages = messagesOf(own);
  const models = messagesOf(model);
  const faults = [...messages.keys()]
    .filter((key) => !models.has(key))
    .map((key) => `${key} is not in English`);
  for (const [key, said] of models) {
    const message = messages.get(key);
    if (message === undefined || message.trim() === '') {
      faults.push(`${key} is missing`);
      continue;
    }
    const [mine, theirs] = [shapeOf(message, language), shapeOf(said, 'en')];
    if ([...mine.values].sort().join() !== [...theirs.values].sort().join())
      faults.push(`${key} has other values`);
    if (theirs.plurals.length > 0 && mine.plurals.length === 0) faults.push(`${key} has no plural`);
    for (const forms of mine.plurals) {
      const lacks = needed.filter((form) => !forms.includes(form));
      if (lacks.length > 0) faults.push(`${key} lacks the plural ${lacks.join(', ')}`);
    }
  }
  return faults;
}

/** Messages that nobody says, and uses of what is not there or with other values than the message has. */
function misuses(catalogue: Catalogue, uses: readonly Use[]): string[] {
  const messages = messagesOf(catalogue);
  const unused = [...messages.keys()].filter((key) => !uses.some(({ fits }) => fits(key)));
  const wrong = uses.flatMap(({ place, fits, values }) => {
    const meant = [...messages].filter(([key]) => fits(key));
    if (meant.length === 0) return [`${place} names no message`];
    return meant
      .filter(([, message]) => {
        const wanted = [...shapeOf(message, 'en').values].sort();
        return values !== null && wanted.join() !== [...values].sort().join();
      })
      .map(([key]) => `${place} hands other values to ${key}`);
  });
  return [...unused.map((key) => `${key} is unused`), ...wrong];
}

const parts = Object.keys(english);

describe('the catalogues', () => {
  it.each(languages.map(({ code }) => code))('are complete in %s', async (code) => {
    const own = await loadCatalogue(code);
    if (code !== 'en') expect(own).not.toBe(english);
    expect(faultsOf(code, own, english)).toEqual([]);
  });

  it('are used to the last message, and hold all that is used', () => {
    const sources = sourcesBelow(['renderer', 'electron/shell', 'text'], /\.tsx?$/);
    const uses = sources.flatMap((source) => usesIn(source, parts));
    expect(uses.length).toBeGreaterThan(200);
    expect(misuses(english, uses)).toEqual([]);
  });

  it('are in languages that can be chosen', () => {
    for (const { code } of languages) expect(settingTypes['ui.language'].options).toContain(code);
  });
});

describe('what is wrong with a catalogue', () => {
  const model = (messages: Record<string, string>): Catalogue =>
    ({ common: messages }) as unknown as Catalogue;
  const said = {
    left: '{time} left',
    jobs: '{count, plural, one {# job} other {# jobs}}',
  };

  it('is found: keys, values and plural forms', () => {
    const french = {
      left: '{temps} restantes',
      jobs: '{count, plural, one {# tâche} other {# tâches}}',
      more: 'trop',
    };
    expect(faultsOf('fr', model(french), model({ ...said, gone: 'Gone' }))).toEqual([
      'common:more is not in English',
      'common:left has other values',
      'common:jobs lacks the plural many',
      'common:gone is missing',
    ]);
    expect(faultsOf('de', model({ ...said, jobs: '{count} Aufgaben' }), model(said))).toEqual([
      'common:jobs has no plural',
    ]);
  });

  it('is not said of a good one', () => {
    const japanese = { left: '残り{time}', jobs: '{count, plural, other {#件}}' };
    expect(faultsOf('ja', model(japanese), model(said))).toEqual([]);
  });

  it('is found: what nobody uses, and what is used wrongly', () => {
    const source = parseSource(
      'a.tsx',
      `const a = [t('common:left'), t('common:nothing'), t(\`common:state.\${s}\`), t('common:jobs', { count })];`,
    );
    const messages = { ...said, 'state.on': 'On', 'state.off.long': 'Off', gone: 'Gone' };
    expect(misuses(model(messages), usesIn(source, parts))).toEqual([
      'common:state.off.long is unused',
      'common:gone is unused',
      'a.tsx:1 hands other values to common:left',
      'a.tsx:1 names no message',
    ]);
  });
});

describe('a language', () => {
  it('is what the person wants, else the first of the system’s, else English', () => {
    expect(chooseLanguage('en', ['fr-CH'])).toBe('en');
    expect(chooseLanguage('system', ['xx', 'en-GB'])).toBe('en');
    expect(chooseLanguage('system', [])).toBe('en');
    expect(directionOf('en')).toBe('ltr');
  });

  it('says its messages with their values', async () => {
    const { t } = await createSpeaker('en');
    expect(t('common:app')).toBe('Gleaner');
    expect(t('home:vcpus', { count: 1 })).toBe('1 virtual CPU');
    expect(t('home:vcpus', { count: 1200 })).toBe('1,200 virtual CPUs');
    expect(t('grids:leaveTitle', { name: '<b>{count}</b>' })).toBe('Leave <b>{count}</b>?');
  });
});
