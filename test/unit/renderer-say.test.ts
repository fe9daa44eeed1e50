import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { plain } from '../../renderer/text/plain.ts';
import { around, language, onSpeaker, setSpeaker, speak, t } from '../../renderer/text/say.ts';
import { languageName, languageOptions } from '../../renderer/text/setting-control.ts';
import { bytes } from '../../text/format.ts';
import type { LanguageInfo } from '../../text/languages.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { speakIn } from '../fakes/speak.ts';

vi.mock(import('../../text/languages.ts'), async (original) => {
  const real = await original();
  const more: LanguageInfo[] = [
    { code: 'de', name: 'Deutsch', direction: 'ltr', isChecked: false },
    { code: 'ar', name: 'العربية', direction: 'rtl', isChecked: false },
  ];
  const languages = [...real.languages.filter(({ code }) => code === 'en'), ...more];
  const of = (code: string): LanguageInfo | undefined => languages.find((one) => one.code === code);
  return {
    ...real,
    languages,
    directionOf: (code) => of(code)?.direction ?? 'ltr',
    chooseLanguage: (wanted) => of(wanted)?.code ?? 'en',
  };
});

beforeAll(() => {
  vi.stubGlobal('navigator', { languages: [] });
});
afterEach(() => speakIn('en'));

describe('the page', () => {
  it('says nothing before a language was chosen', async () => {
    vi.resetModules();
    const { t: early } = await import('../../renderer/text/say.ts');
    expect(() => early('common:app')).toThrow('no language');
  });

  it('speaks what is wanted, and tells whoever shows words', async () => {
    await speakIn('en');
    const heard = vi.fn();
    const stop = onSpeaker(heard);
    await speak('en');
    expect(heard).not.toHaveBeenCalled();
    await speak('de');
    expect([heard.mock.calls.length, language()]).toEqual([1, 'de']);
    stop();
    await speak('en');
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('speaks what was asked for last, whichever is ready first', async () => {
    await speakIn('en');
    await Promise.all([speak('de'), speak('ar')]);
    expect(language()).toBe('ar');
    const back = Promise.all([speak('de'), speak('ar')]);
    await back;
    expect(language()).toBe('ar');
  });

  it('tells what stands around a value', () => {
    expect(around('home:pause.left', 'time')).toEqual(['Goes on in ', '']);
    expect(t('home:pause.left', { time: '27:14' })).toBe('Goes on in 27:14');
  });
});

describe('words of others', () => {
  const hostile = 'evil\u202e\u0000\nname\u2066';

  it('reach no further than they are long', async () => {
    setSpeaker(await createSpeaker('en'));
    expect(plain(hostile)).toBe('evilname');
  });

  it('are set apart where ours run from the right, as are Latin units', async () => {
    setSpeaker(await createSpeaker('ar'));
    expect(plain(hostile)).toBe('\u2068evilname\u2069');
    expect(bytes('ar', 1536)).toMatch(/^\u2066.*KiB\u2069$/u);
  });
});

describe('a language of the menu', () => {
  it('is called as it calls itself, and says when nobody has checked it', async () => {
    await speakIn('en');
    expect(['system', 'en', 'de', 'xx'].map(languageName)).toEqual([
      'As the system',
      'English',
      'Deutsch (no speaker has checked it)',
      'xx',
    ]);
  });

  it('stands in the menu in its own language, with a note where nobody has checked it', async () => {
    await speakIn('en');
    expect(languageOptions()).toEqual([
      { id: 'system', words: 'As the system' },
      { id: 'en', words: 'English', lang: 'en' },
      { id: 'de', words: 'Deutsch', lang: 'de', note: 'No speaker has checked it' },
      { id: 'ar', words: 'العربية', lang: 'ar', note: 'No speaker has checked it' },
    ]);
  });
});
