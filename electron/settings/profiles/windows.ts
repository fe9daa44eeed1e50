import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';
import { SettingKey, settingTypes } from '../../contract/settings.ts';
import { documentFromFlat } from './flat.ts';
import type { ProfileSource, RawProfile, RawProfiles } from './source.ts';

const policyKey = String.raw`HKLM\Software\Policies\Gleaner`;
/** The registry tells nothing without native code: it is asked, in ms. */
const pollMs = 1500;

/** What `reg query KEY /s` printed; null: there is no such key. Rejects when that cannot be told. */
export type QueryRegistry = (key: string) => Promise<string | null>;

/**
 * `HKLM\Software\Policies\Gleaner\{Defaults,Locked}`, which only administrators can write. Each key holds `version`
 * (REG_DWORD) and the settings as values by their dotted keys: whole numbers and true/false (1/0) as REG_DWORD or
 * REG_QWORD, fractions, names and null as REG_SZ, lists as REG_MULTI_SZ.
 */
export class WindowsProfiles implements ProfileSource {
  readonly #clock: Clock;
  readonly #query: QueryRegistry;

  constructor(o: { readonly clock: Clock; readonly query?: QueryRegistry }) {
    this.#clock = o.clock;
    this.#query = o.query ?? notReady;
  }

  async read(): Promise<RawProfiles> {
    return { defaults: await this.#read('Defaults'), locked: await this.#read('Locked') };
  }

  watch(onChange: () => void): Disposable {
    let cancel: () => void = () => undefined;
    const next = (): void => {
      cancel = this.#clock.after(pollMs, () => {
        onChange();
        next();
      });
    };
    next();
    return {
      dispose: () => {
        cancel();
      },
    };
  }

  async #read(name: 'Defaults' | 'Locked'): Promise<RawProfile | null> {
    const place = `${policyKey}\\${name}`;
    const text = await this.#query(place);
    if (text === null) return null;
    const parsed = parseRegQuery(text);
    return typeof parsed === 'string' ? { place, fault: parsed } : { place, raw: documentFromFlat(parsed) };
  }
}

async function notReady(): Promise<never> {
  return await Promise.reject(
    new GleanerError('platform-not-ready', 'Reading policies from the registry is not ready yet.'),
  );
}

/**
 * The values in the output of `reg query KEY /s`: below the line of the key, lines of four blanks, name, four blanks,
 * type, four blanks, value. Subkeys are a fault, as settings have none. Pure. Returns the fault in words.
 */
export function parseRegQuery(text: string): ReadonlyMap<string, unknown> | string {
  const table = new Map<string, unknown>();
  let keys = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    if (/^HKEY_/i.test(line)) {
      keys += 1;
      if (keys > 1) return `it has a subkey, ${line.slice(0, 100)}`;
      continue;
    }
    const [, name, type, data = ''] = /^ {4}(.+?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$/.exec(line) ?? [];
    if (name === undefined || type === undefined) return `"${line.trim().slice(0, 60)}" is not understood`;
    // The unnamed value of a key, which editors create by themselves.
    if (name === '(Default)' && data === '(value not set)') continue;
    const value = regValue(name, type, data);
    if (value === undefined) return `${name} has the type ${type}, or a value, that is not understood`;
    table.set(name, value);
  }
  return keys === 0 ? 'the answer of the registry is not understood' : table;
}

function regValue(name: string, type: string, data: string): unknown {
  switch (type) {
    case 'REG_SZ':
    case 'REG_EXPAND_SZ':
      return data;
    case 'REG_MULTI_SZ':
      return data.split(String.raw`\0`).filter((item) => item !== '');
    case 'REG_DWORD':
    case 'REG_QWORD':
      return /^0x[0-9a-f]{1,16}$/i.test(data) ? numberOrSwitch(name, Number(data)) : undefined;
    default:
      return undefined;
  }
}

/** The registry has no true and false: 1 and 0 stand for them where a setting is one or the other. */
function numberOrSwitch(name: string, value: number): number | boolean {
  const key = SettingKey.safeParse(name).data;
  const isSwitch = key !== undefined && settingTypes[key].safeParse(true).success;
  return isSwitch && (value === 0 || value === 1) ? value === 1 : value;
}
