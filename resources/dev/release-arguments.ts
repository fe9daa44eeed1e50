import { parseArgs } from 'node:util';
import type { Places } from './carried.ts';
import { SetupError } from './console.mjs';
import type { Arch, Platform } from './shipped.ts';

const platforms: readonly Platform[] = ['linux', 'darwin', 'win32'];
const archs: readonly Arch[] = ['x64', 'arm64'];

export interface ReleaseArguments {
  readonly places: Places;
  /** Undefined: standard output. */
  readonly out: string | undefined;
  /** Of SOURCE_DATE_EPOCH. */
  readonly epochSeconds: number | undefined;
}

/**
 * What the bill of materials and the notices are told on the command line; without it they are for this machine. Pure.
 * @throws {SetupError} with exit code 2 for what they do not know
 */
export function releaseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ReleaseArguments {
  const values = parsed(argv);
  const platform = platforms.find((one) => one === (values.platform ?? process.platform));
  const arch = archs.find((one) => one === (values.arch ?? process.arch));
  if (platform === undefined || arch === undefined) throw usage('There are no packages for that system.');
  return {
    places: {
      platform,
      arch,
      ...(values.image === undefined ? {} : { imageDir: values.image }),
    },
    out: values.out,
    epochSeconds: epoch(env['SOURCE_DATE_EPOCH']),
  };
}

function parsed(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...argv], options: { platform: text, arch: text, image: text, out: text } })
      .values;
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function epoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  // Until the year 9999, the last that a date of CycloneDX can name.
  if (/^\d{1,12}$/.test(text) && Number(text) <= 253_402_300_799) return Number(text);
  throw usage('SOURCE_DATE_EPOCH is no number of seconds.');
}

function usage(sentence: string): SetupError {
  const hint = 'Options: --platform linux|darwin|win32, --arch x64|arm64, --image DIR, --out FILE';
  return new SetupError(sentence, hint, 2);
}
