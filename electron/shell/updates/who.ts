import { Installation } from '../../contract/install.ts';
import type { UpdateReason } from '../../contract/update.ts';
import { isDevelopment } from './version.ts';

/** What is known of the program as it runs. */
export interface Standing {
  /** `install.json` as it lies there; null: there is none. */
  readonly installText: string | null;
  /** What electron-builder writes beside it for some packages: `deb`, `rpm`, `pacman`. */
  readonly packageType: string | null;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly isDemo: boolean;
  /** `$APPIMAGE`: the file that the program was started from. */
  readonly appImage: string | undefined;
  /** Whether this user may replace that file. */
  readonly isReplaceable: boolean;
}

/** What updates need of an installation. */
export interface Feed {
  readonly url: string;
  readonly keys: readonly string[];
  readonly authority: string | undefined;
  /** The file that is replaced. */
  readonly target: string;
}

/** Who updates this installation: it does so itself, from this feed, or somebody else does. Pure. */
export function whoUpdates(standing: Standing): { readonly feed: Feed } | { readonly off: UpdateReason } {
  const { installText, packageType, platform, version, appImage, isReplaceable } = standing;
  if (standing.isDemo) return { off: 'demo' };
  if (isDevelopment(version)) return { off: 'development' };
  if (packageType !== null && packageType.trim() !== '') return { off: 'package' };
  if (installText === null) return { off: 'checkout' };
  const installation = parseInstallation(installText);
  if (installation === null) return { off: 'unreadable' };
  const elsewhere = byOthers[installation.kind];
  if (elsewhere !== undefined) return { off: elsewhere };
  const { feed, keys, authority } = installation;
  if (feed === undefined || keys.length === 0) return { off: 'no-feed' };
  // What replaces an installation on Windows and macOS is not ready (`platform-not-ready`).
  if (installation.kind !== 'appimage' || platform !== 'linux') return { off: 'platform' };
  if (appImage?.startsWith('/') !== true) return { off: 'not-in-place' };
  if (!isReplaceable) return { off: 'not-writable' };
  return { feed: { url: feed, keys, authority, target: appImage } };
}

/** Who replaces what came onto the computer so; undefined: the installation itself. */
const byOthers: Readonly<Record<Installation['kind'], UpdateReason | undefined>> = {
  deb: 'package',
  rpm: 'package',
  msi: 'installer',
  pkg: 'installer',
  tar: 'archive',
  appimage: undefined,
  nsis: undefined,
  'mac-zip': undefined,
};

/** Null for what is no such document. Pure; never throws. */
export function parseInstallation(text: string): Installation | null {
  try {
    return Installation.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
