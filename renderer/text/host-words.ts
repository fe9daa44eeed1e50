import * as said from '../../text/said.ts';
import type { Speaker } from '../../text/speaker.ts';
import { speaker } from './say.ts';

/** The same in the page's language. */
const here =
  <Rest extends readonly unknown[], Words>(say: (speaker: Speaker, ...rest: Rest) => Words) =>
  (...rest: Rest): Words =>
    say(speaker(), ...rest);

export const say = here(said.say);
export const sayDenial = here(said.sayDenial);
export const sayFailure = here(said.sayFailure);
export const sayGrid = here(said.sayGrid);
export const sayReason = here(said.sayReason);
export const sayState = here(said.sayState);
