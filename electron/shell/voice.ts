import type { Language } from '../../text/languages.ts';
import { createSpeaker, type Speaker } from '../../text/speaker.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { Settings } from '../contract/settings.ts';

export interface VoiceOptions {
  /** The language that a value of the setting stands for, now. */
  readonly choose: (setting: Settings['ui.language']) => Language;
  /** After another language is spoken. */
  readonly onChange: () => void;
  readonly log: Log;
}

/** What the shell speaks with: the language of the setting, followed while it changes. */
export class Voice implements Disposable {
  readonly #o: VoiceOptions;
  #speaker: Speaker;
  #wanted: string;

  private constructor(options: VoiceOptions, speaker: Speaker) {
    this.#o = options;
    this.#speaker = speaker;
    this.#wanted = speaker.language;
  }

  /** Speaks the system's language until it is told another. */
  static async begin(options: VoiceOptions): Promise<Voice> {
    const language = options.choose('system');
    return new Voice(options, await createSpeaker(language));
  }

  get speaker(): Speaker {
    return this.#speaker;
  }

  /** Changes to the language of this setting, as soon as its catalogue is read; the last that was asked for wins. */
  follow(setting: Settings['ui.language']): void {
    const language = this.#o.choose(setting);
    if (language === this.#wanted) return;
    this.#wanted = language;
    createSpeaker(language).then(
      (speaker) => {
        if (this.#wanted !== language) return;
        this.#speaker = speaker;
        this.#o.onChange();
      },
      (error: unknown) => {
        this.#o.log.warn('shell', 'a language cannot be spoken', { language, words: String(error) });
      },
    );
  }

  dispose(): void {
    this.#wanted = '';
  }
}
