import { describe, expect, it } from 'vitest';
import { parseSource, sourcesBelow } from '../support/sources.ts';
import { visibleWords } from '../support/visible-words.ts';

describe('the window', () => {
  const sources = sourcesBelow(['renderer'], /\.tsx$/);

  it('has components to look at', () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  it.each(sources.map((source) => [source.fileName, source] as const))(
    '%s says nothing itself',
    (_name, source) => {
      expect(visibleWords(source)).toEqual([]);
    },
  );
});

describe('words that stand in a component', () => {
  const found = (jsx: string): string[] =>
    visibleWords(parseSource('a.tsx', `const a = ${jsx};`)).map((line) => line.replace(/^a\.tsx:1 /, ''));

  it.each([
    ['<p>Hello</p>', '“Hello”'],
    ['<p>{"Hello"}</p>', '“Hello”'],
    ['<p>{`${n} jobs`}</p>', '“jobs”'],
    ['<p>{on ? "yes" : t("common:app")}</p>', '“yes”'],
    ['<button aria-label="Close" />', '“Close”'],
    ['<input placeholder={empty ? "none" : ""} />', '“none”'],
    ['<Card title={`About ${name}`}>{x}</Card>', '“About”'],
    ['<Facts rows={[["CPU time", x]]} />', '“CPU time”'],
    ['<p>こんにちは</p>', '“こんにちは”'],
  ])('are found in %s', (jsx, words) => {
    expect(found(jsx)).toEqual([words]);
  });

  it.each([
    '<p className="soft small">{t("common:app")} · 1</p>',
    '<p>{state === "done" ? x : y}</p>',
    '<Meter label={t(`home:state.${state}`)} />',
    '<p>{list.map((one) => <b key="k">{one}</b>)}</p>',
    '<input type="text" title={words["title"]} />',
    '<span>KiB</span>',
  ])('are not seen in %s', (jsx) => {
    expect(found(jsx)).toEqual([]);
  });
});
