import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveKeyring, defaultMirror, defaultSecurityMirror, securitySuite, suite } from '../recipe.ts';
import { BuildError } from './errors.ts';
import { run } from './run.ts';
import { mirrorOf } from './sources.ts';

/** One package as the signed index describes it. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Of the .deb file, hex. */
  readonly sha256: string;
}

/** Addresses of Debian's two archives. */
export interface Mirrors {
  readonly main: string;
  readonly security: string;
}

/** The mirrors to use: the variables', else those that the machine's own sources name, else the defaults. */
export async function findMirrors(): Promise<Mirrors> {
  const dir = '/etc/apt/sources.list.d';
  const listed = existsSync(dir) ? (await readdir(dir)).sort().map((name) => join(dir, name)) : [];
  const files: { name: string; text: string }[] = [];
  for (const name of ['/etc/apt/sources.list', ...listed]) {
    if (!/\.(?:list|sources)$/.test(name)) continue;
    // A file that we may not read is no source for us.
    const text = await readFile(name, 'utf8').catch(() => '');
    files.push({ name, text });
  }
  return {
    main: chosenMirror('GLEANER_DEBIAN_MIRROR') ?? mirrorOf(files) ?? defaultMirror,
    security:
      chosenMirror('GLEANER_DEBIAN_SECURITY_MIRROR') ?? mirrorOf(files, 'security') ?? defaultSecurityMirror,
  };
}

function chosenMirror(variable: string): string | undefined {
  const chosen = process.env[variable];
  if (chosen === undefined || chosen === '') return undefined;
  if (/^(?:https?|file):\/\/[^\s"[\]]+$/.test(chosen)) return chosen.replace(/\/+$/, '');
  throw new BuildError('bad-mirror', `${variable} is not an address.`, 'It looks like http://host/debian.');
}

/** apt with a configuration of its own: the machine's sources, state and cache are neither used nor touched. */
export class Apt {
  readonly #dir: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(dir: string) {
    this.#dir = dir;
    this.#env = { APT_CONFIG: join(dir, 'apt.conf') };
  }

  /**
   * Fetches the signed indexes of the suite and of its security updates.
   * @param dir an empty folder of the build
   * @throws BuildError `keyring-missing`, `mirror-unreachable`
   */
  static async open(dir: string, mirrors: Mirrors): Promise<Apt> {
    if (!existsSync(archiveKeyring)) {
      throw new BuildError(
        'keyring-missing',
        `Debian's keys are not at ${archiveKeyring}.`,
        'Install the package debian-archive-keyring.',
      );
    }
    await mkdir(join(dir, 'lists/partial'), { recursive: true });
    await mkdir(join(dir, 'cache/archives/partial'), { recursive: true });
    await writeFile(join(dir, 'status'), '');
    const sources = [`${mirrors.main} ${suite}`, `${mirrors.security} ${securitySuite}`];
    const sourceLines = sources.map((source) => `deb [signed-by=${archiveKeyring}] ${source} main\n`);
    await writeFile(join(dir, 'sources.list'), sourceLines.join(''));
    const settings = {
      'Dir::Etc::sourcelist': join(dir, 'sources.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State': dir,
      'Dir::State::Lists': join(dir, 'lists'),
      'Dir::State::status': join(dir, 'status'),
      'Dir::Cache': join(dir, 'cache'),
      'Dir::Log': dir,
      'APT::Architecture': 'amd64',
      'APT::Architectures': 'amd64',
      'APT::Sandbox::User': '',
      'Acquire::Languages': 'none',
      'Acquire::Retries': '2',
      'Acquire::AllowInsecureRepositories': 'false',
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
    await writeFile(join(dir, 'apt.conf'), lines.join(''));
    const apt = new Apt(dir);
    await apt.#apt('apt-get', ['-qq', '-o', 'APT::Update::Error-Mode=any', 'update'], mirrors);
    return apt;
  }

  /** The single package that a meta package stands for. */
  async realPackage(meta: string): Promise<string> {
    const text = await this.#apt('apt-cache', ['depends', meta]);
    const name = /^\s*Depends: (linux-image-\S+)$/m.exec(text)?.[1];
    if (name === undefined) {
      throw new BuildError('package-missing', `${meta} names no kernel.`, `Is the mirror one of ${suite}?`);
    }
    return name;
  }

  /** What the index says of packages, sorted by name. */
  async describe(names: readonly string[]): Promise<Package[]> {
    const text = await this.#apt('apt-cache', ['show', '--no-all-versions', ...names]);
    const packages = text
      .split('\n\n')
      .filter((stanza) => stanza.trim() !== '')
      .map((stanza) => {
        const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
        return { name: field('Package'), version: field('Version'), sha256: field('SHA256') };
      });
    return packages.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Gets packages as files `<sha256>.deb` of a folder; those that are there already are not fetched again.
   * @returns path by package name; each file's digest is the index's
   */
  async download(packages: readonly Package[], cacheDir: string): Promise<ReadonlyMap<string, string>> {
    await mkdir(cacheDir, { recursive: true });
    const paths = new Map(packages.map(({ name, sha256 }) => [name, join(cacheDir, `${sha256}.deb`)]));
    const missing: Package[] = [];
    for (const wanted of packages) {
      const path = paths.get(wanted.name) ?? '';
      if (!existsSync(path) || (await sha256Of(path)) !== wanted.sha256) missing.push(wanted);
    }
    if (missing.length === 0) return paths;
    const fetchDir = join(this.#dir, 'fetched');
    await mkdir(fetchDir);
    await this.#apt(
      'apt-get',
      ['-qq', 'download', ...missing.map((p) => `${p.name}=${p.version}`)],
      undefined,
      fetchDir,
    );
    const fetched = await readdir(fetchDir);
    for (const { name, sha256 } of missing) {
      const file = fetched.find((candidate) => candidate.startsWith(`${name}_`));
      const path = join(fetchDir, file ?? '');
      if (file === undefined || (await sha256Of(path)) !== sha256) {
        throw new BuildError(
          'package-damaged',
          `${name} is not what the index says.`,
          'Try again, or another mirror.',
        );
      }
      // The cache may be on another file system, and others may build at this time.
      const target = paths.get(name) ?? '';
      await copyFile(path, `${target}.${process.pid}`);
      await rename(`${target}.${process.pid}`, target);
    }
    return paths;
  }

  async #apt(program: string, args: readonly string[], mirrors?: Mirrors, cwd?: string): Promise<string> {
    try {
      const out = await run(program, args, { env: this.#env, ...(cwd === undefined ? {} : { cwd }) });
      return out.toString();
    } catch (error) {
      if (!(error instanceof BuildError) || error.code !== 'tool-failed') throw error;
      throw mirrors === undefined
        ? new BuildError('packages-unavailable', error.message, 'Try again, or set GLEANER_DEBIAN_MIRROR.')
        : new BuildError(
            'mirror-unreachable',
            `${mirrors.main} and ${mirrors.security} do not serve ${suite} and its security updates: ${error.message}`,
            'Check the network, or set GLEANER_DEBIAN_MIRROR and GLEANER_DEBIAN_SECURITY_MIRROR.',
          );
    }
  }
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
