import { expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { Voice } from '../../electron/shell/voice.ts';

test('speaks the system’s language until another is wanted, and the last that was', async () => {
  let heard: (() => void) | undefined;
  const changes: string[] = [];
  const voice: Voice = await Voice.begin({
    choose: (setting) => (setting === 'system' ? 'en' : setting),
    onChange: () => {
      changes.push(voice.speaker.language);
      heard?.();
    },
    log: silentLog,
  });
  expect(voice.speaker.language).toBe('en');
  voice.follow('system');
  voice.follow('en');
  const changed = new Promise<void>((resolve) => {
    heard = resolve;
  });
  voice.follow('de');
  voice.follow('ja');
  await changed;
  expect(changes).toEqual(['ja']);
  expect(voice.speaker.t('tray:quit')).toMatch(/\S/);
  voice.follow('fr');
  voice.dispose();
  await new Promise((resolve) => setImmediate(resolve));
  expect(voice.speaker.language).toBe('ja');
});
