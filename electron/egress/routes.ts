import type { Clock } from '../base/clock.ts';
import { Mutex } from '../base/mutex.ts';
import type { Dialer } from './dial.ts';
import { fetchScript } from './fetch-script.ts';
import type { GatewayLimits } from './limits.ts';
import type { ProxyRule } from './messages.ts';
import { PacScript } from './pac.ts';
import { type ProxyRoute, parseProxyAnswer, proxyOfUrl, proxyUrlOf, type Route } from './proxy-answer.ts';
import { tooMany, unreachable } from './refusal.ts';
import type { Trust } from './trust.ts';
import { within } from './within.ts';

/** How long an answer of the system's or of a script counts. */
const answerMs = 60_000;
const answersMax = 256;
const askedPerSecond = 30;
/** How long a script counts, and how long one that could not be had is not asked for again. */
const scriptMs = 3_600_000;
const scriptRetryMs = 30_000;
/** How long it may run for one answer, with the names that it looks up. */
const scriptRunMs = 5000;

export interface RoutesOptions {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly dialer: Dialer;
  readonly trust: Trust;
  /** The script that becomes the thread of a PAC script. */
  readonly threadUrl: URL;
  /** The system's answer for a URL without path and query; null when it cannot say. */
  readonly ask: (url: string) => Promise<string | null>;
  /** What is wrong with the proxy, for the person; null: that was about another. */
  readonly onTrouble: (sentence: string | null) => void;
}

interface Kept<T> {
  readonly value: Promise<T>;
  readonly until: number;
}

/** Knows the ways to the outside: direct, or by the proxy that the rules, the system or a script name. */
export class Routes {
  readonly #o: RoutesOptions;
  readonly #answers = new Map<string, Kept<readonly Route[]>>();
  readonly #evaluations = new Mutex();
  #rule: ProxyRule = { kind: 'none' };
  #script: Kept<PacScript> | undefined;
  #askedIn = 0;
  #asked = 0;

  constructor(o: RoutesOptions) {
    this.#o = o;
  }

  set(rule: ProxyRule): void {
    const before = this.#rule;
    this.#rule = rule;
    if (placeOf(rule) === placeOf(before)) return;
    this.#answers.clear();
    this.#forgetScript();
    this.#o.onTrouble(null);
  }

  dispose(): void {
    this.#answers.clear();
    this.#forgetScript();
  }

  /** The value of `Proxy-Authorization` for this proxy; undefined when there is no login for it. */
  authorizationFor(route: ProxyRoute): string | undefined {
    if (this.#rule.kind === 'none') return undefined;
    const login = this.#rule.logins.find(({ proxy }) => proxy === proxyUrlOf(route));
    if (!login) return undefined;
    const { name, password } = login;
    return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  }

  /**
   * The ways to a place, in the order to be tried; at least one.
   * @param origin `http://host:port/` or `https://host:port/`
   * Rejects with a Refusal when it cannot be told: then nothing goes out, least of all past the proxy.
   */
  async find(origin: string, signal: AbortSignal): Promise<readonly Route[]> {
    if (this.#rule.kind === 'none') return [{ kind: 'direct' }];
    const now = this.#o.clock.monotonic();
    let kept = this.#answers.get(origin);
    if (!kept || kept.until <= now) {
      kept = { value: this.#answer(this.#rule, origin), until: now + answerMs };
      // The one that was kept longest goes first.
      const [oldest] = this.#answers.keys();
      if (this.#answers.size >= answersMax && oldest !== undefined) this.#answers.delete(oldest);
      this.#answers.set(origin, kept);
      const forget = kept;
      kept.value.catch(() => {
        if (this.#answers.get(origin) === forget) this.#answers.delete(origin);
      });
    }
    const { value } = kept;
    const limit = { clock: this.#o.clock, ms: this.#o.limits.proxyAnswerMs, signal, late: noAnswer() };
    return await within(limit, () => value);
  }

  async #answer(rule: Exclude<ProxyRule, { kind: 'none' }>, origin: string): Promise<readonly Route[]> {
    const routes = rule.kind === 'fixed' ? fixed(rule.url) : parseProxyAnswer(await this.#say(rule, origin));
    if (routes.length > 0) return routes;
    this.#tell(rule, 'The proxy that is set for this network is of a kind that Gleaner cannot use.');
    throw noAnswer();
  }

  /** For the person, unless another rule is in force meanwhile. */
  #tell(rule: ProxyRule, sentence: string): void {
    if (placeOf(rule) === placeOf(this.#rule)) this.#o.onTrouble(sentence);
  }

  async #say(rule: Exclude<ProxyRule, { kind: 'none' | 'fixed' }>, origin: string): Promise<string> {
    if (rule.kind === 'ask') {
      this.#countAsked();
      const answer = await this.#o.ask(origin);
      if (answer !== null) return answer;
      this.#tell(rule, 'The system does not say which proxy to use.');
      throw noAnswer();
    }
    const value = this.#currentScript(rule.url);
    const script = await value;
    try {
      const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
      return await this.#evaluations.run(() =>
        this.#timed(scriptRunMs, (signal) => script.answer({ url: origin, host }, signal)),
      );
    } catch (error) {
      // One that is not in use any more says nothing about the one that is.
      if (this.#script?.value === value) {
        // Not again for every connection.
        this.#failScript(Promise.reject(noAnswer()));
        this.#o.onTrouble(`The proxy script of this network fails: ${wordsOf(error)}.`);
      }
      throw noAnswer();
    }
  }

  /** A guest may try many names; the host is not to be asked without end. */
  #countAsked(): void {
    const second = Math.floor(this.#o.clock.monotonic() / 1000);
    if (second !== this.#askedIn) this.#asked = 0;
    this.#askedIn = second;
    this.#asked += 1;
    if (this.#asked > askedPerSecond) throw tooMany('questions');
  }

  #currentScript(url: string): Promise<PacScript> {
    const now = this.#o.clock.monotonic();
    if (this.#script && this.#script.until > now) return this.#script.value;
    const value = this.#load(url).catch((error: unknown) => {
      if (this.#script?.value === value) {
        this.#failScript(value);
        this.#o.onTrouble(`The proxy script of this network cannot be had: ${wordsOf(error)}.`);
      }
      throw noAnswer();
    });
    // Whoever asks for it hears of its rejection.
    value.catch(() => undefined);
    this.#forgetScript();
    this.#script = { value, until: now + scriptMs };
    return value;
  }

  #failScript(value: Promise<PacScript>): void {
    value.catch(() => undefined);
    this.#forgetScript();
    this.#script = { value, until: this.#o.clock.monotonic() + scriptRetryMs };
  }

  #forgetScript(): void {
    this.#script?.value.then(
      (script) => {
        script.dispose();
      },
      () => undefined,
    );
    this.#script = undefined;
  }

  async #load(text: string): Promise<PacScript> {
    const url = new URL(text);
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const source = await this.#timed(this.#o.limits.proxyAnswerMs, async (signal) => {
      // A numeric host was brought into its one spelling by URL; a name is looked up.
      const at = { host, port, literal: false };
      const plain = await this.#o.dialer.connectTrusted(at, signal);
      const socket = secure ? await this.#o.trust.secure(plain, host, signal) : plain;
      return await fetchScript(url, socket, this.#o.limits.answerHeaderBytes, signal);
    });
    return new PacScript(source, this.#o.threadUrl);
  }

  async #timed<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new Error('it takes too long');
    return await within({ clock: this.#o.clock, ms, signal: new AbortController().signal, late }, work);
  }
}

/** All of a rule but its logins. */
function placeOf(rule: ProxyRule): string {
  return `${rule.kind} ${'url' in rule ? rule.url : ''}`;
}

function fixed(url: string): Route[] {
  const route = proxyOfUrl(url);
  return route ? [route] : [];
}

const noAnswer = () => unreachable('It is not known which proxy to use.');

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  // A script's own words are hostile text.
  return words
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/\.$/, '')
    .slice(0, 200);
}
