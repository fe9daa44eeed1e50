import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import type { GuestAgent } from '../../electron/vm/session/messages.ts';
import { runAgent, shellAgent } from './agent-fixture.ts';
import { temporaryDir } from './harness.ts';
import { type BareVm, bootBareVm, bootLimitMs } from './session-fixture.ts';

const MiB = 1024 * 1024;
const bytes = 256 * MiB;

let place: ReturnType<typeof temporaryDir>;
let vm: BareVm | undefined;
let session: GuestSession | undefined;

const dataPath = (): string => join(place.dir, 'data', 'project.raw');
const taken = (): number => statSync(dataPath()).blocks * 512;

async function boot(size = bytes): Promise<void> {
  vm = await bootBareVm({ dir: place.dir, vcpus: 1, dataDisk: { path: dataPath(), bytes: size } });
  session = vm.session();
  await session.connect(bootLimitMs);
}

/** QEMU is killed, as by a power cut that spares the host's cache. */
async function kill(): Promise<void> {
  const [ended, gone] = [session, vm];
  session = vm = undefined;
  await gone?.end();
  await ended?.dispose();
}

/** What a shell line on the data disk says last. */
function says(line: string, more: Partial<GuestAgent> = {}): Promise<string> {
  if (!session) throw new Error('no session');
  return runAgent(session, shellAgent(line, { data: true, uid: 600, gid: 600, ...more }));
}

/** Runs `act` with the bytes at the beginning of the disk replaced. */
async function spoiled(content: Uint8Array, act: () => Promise<void>): Promise<void> {
  const before = Buffer.alloc(content.length);
  const swap = (other: Uint8Array): void => {
    const file = openSync(dataPath(), 'r+');
    readSync(file, before, 0, before.length, 0);
    writeSync(file, other, 0, other.length, 0);
    closeSync(file);
  };
  swap(content);
  const kept = Buffer.from(before);
  try {
    await act();
  } finally {
    swap(kept);
  }
}

beforeAll(() => {
  place = temporaryDir();
});
afterAll(async () => {
  await kill();
  place.remove();
});

describe('an agent’s data disk', () => {
  beforeAll(() => boot());

  test('is formatted when it is blank, belongs to the agent alone, and takes little room', async () => {
    const words = await says(
      'umask 077; set -e; pwd >mine; stat -c "%u %g %a" . mine | tr "\\n" " "; echo $HOME $(uname -n) $(ls -A) $(cat mine)',
    );
    expect(words).toBe('exit 0: 600 600 700 600 600 600 /data gleaner mine /data');
    expect(await says('grep " /data " /proc/mounts | cut -d " " -f 3-4')).toMatch(
      /^exit 0: ext4 rw,nosuid,nodev,noatime,discard/,
    );
    expect(await says('cp /bin/echo ./own && ./own ran; rm own')).toBe('exit 0: ran');
    expect(statSync(dataPath()).size).toBe(bytes);
    expect(taken()).toBeLessThan(8 * MiB);
  });

  test('keeps what was written, for the next agent of the same machine', async () => {
    expect(await says('cat mine')).toBe('exit 0: /data');
    expect(await says('cat mine', { uid: 601, gid: 601 })).toMatch(/^exit 1: .*Permission denied/);
    // Whose folder it is now, so that one who comes back gets it back.
    expect(await says('cat mine')).toBe('exit 0: /data');
  });

  test('has one user at a time', async () => {
    if (!session) throw new Error('no session');
    await session.startAgent(shellAgent('sleep 1000', { data: true }));
    const second = shellAgent('true', { name: 'second', data: true });
    await expect(session.startAgent(second)).rejects.toMatchObject({ code: 'wrong-phase' });
    await session.stopAgent('probe', 0);
  });

  test('gives freed room back to the host', async () => {
    const before = taken();
    expect(await says('head -c 64M /dev/urandom >big && sync')).toBe('exit 0');
    expect(taken() - before).toBeGreaterThan(60 * MiB);
    expect(await says('rm big && sync')).toBe('exit 0');
    expect(taken() - before).toBeLessThan(16 * MiB);
  });

  test('takes files before the start, in the place of whatever is there', async () => {
    const line =
      'mkdir -p dir/file deep; ln -s /etc/passwd link; ln -s / out; ln -s deep inner; mkfifo pipe; ls';
    expect(await says(line)).toMatch(/^exit 0/);
    const at = (path: string, mode = 0o600): GuestAgent['files'][number] => ({
      path,
      content: `in ${path} ä\n`,
      mode,
    });
    const files = [
      at('link'),
      at('pipe'),
      at('dir/file', 0o640),
      at('deep/er/new'),
      at('inner/x'),
      at('empty'),
    ];
    const look =
      'stat -c %F,%a link pipe dir/file empty | tr "\\n" " "; cat link pipe deep/er/new deep/x | tr "\\n" " "; echo';
    expect(
      await says(look, { files: files.map((f) => (f.path === 'empty' ? { ...f, content: '' } : f)) }),
    ).toBe(
      'exit 0: regular file,600 regular file,600 regular file,640 regular empty file,600 in link ä in pipe ä in deep/er/new ä in inner/x ä',
    );
    // A way out through a link is no way for the agent's user.
    await expect(says('true', { files: [at('out/root/x')] })).rejects.toMatchObject({
      code: 'data-unusable',
    });
    await expect(says('true', { files: [at('out/run/x')] })).rejects.toMatchObject({ code: 'data-unusable' });
    for (const path of ['../x', '/x', 'a/../../x', './x', 'a//x', '', 'a b']) {
      await expect(says('true', { files: [at(path)] }), path).rejects.toMatchObject({
        code: 'guest-protocol',
      });
    }
    const large = { path: 'large', content: 'x'.repeat(512 * 1024), mode: 0o600 };
    expect(await says('wc -c <large', { files: [large] })).toBe('exit 0: 524288');
    await expect(says('true', { files: [large, at('one')] })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(says('true', { data: false, files: [at('one')] })).rejects.toThrow(
      'files need the data disk',
    );
  });

  test('that is damaged is refused, and not touched; repaired where nothing is lost', async () => {
    await spoiled(Buffer.alloc(MiB, 'garbage '), async () => {
      await expect(says('true')).rejects.toMatchObject({ code: 'data-unusable' });
      await expect(says('true')).rejects.toThrow('The data disk cannot be used');
    });
    expect(await says('cat mine')).toBe('exit 0: /data');
    // As if mke2fs had been cut off before its last block.
    await spoiled(Buffer.alloc(4096), async () => {
      expect(await says('cat mine')).toBe('exit 0: /data');
    });
  });
});

test('survives a kill in the middle of writing', async () => {
  if (!session) await boot();
  // A file that a rename replaces holds the old or the new afterwards; one that is new may not be there yet.
  const busy =
    'echo kept >kept; echo 0 >n; sync; i=0; while :; do i=$((i+1)); echo $i >n.new; mv n.new n; head -c 100000 /dev/zero >f$((i%50)); done';
  await session?.startAgent(shellAgent(busy, { data: true, uid: 600, gid: 600 }));
  // Until it is well under way: what it wrote so far takes room on the host.
  const before = taken();
  while (taken() - before < 3 * MiB) await session?.usage();
  await kill();
  await boot();
  expect(await says('cat kept; [ $(cat n) -ge 0 ] && echo whole')).toBe('exit 0: whole');
});

test('grows with its disk, and never shrinks', async () => {
  await kill();
  await boot(2 * bytes);
  expect(await says('cat kept; echo $(($(stat -f -c "%b * %S" .) / 1048576))')).toMatch(
    /^exit 0: (4[89]|50)\d$/,
  );
  await kill();
  await boot(bytes);
  expect(statSync(dataPath()).size).toBe(2 * bytes);
  expect(await says('cat kept')).toBe('exit 0: kept');
});

test('is refused when it is no file of its own', async () => {
  await kill();
  const path = dataPath();
  rmSync(path);
  const refused = async (): Promise<void> => {
    await expect(boot()).rejects.toMatchObject({ code: 'data-unusable' });
    rmSync(path, { recursive: true });
  };
  symlinkSync('/etc/passwd', path);
  await refused();
  mkdirSync(path);
  await refused();
  writeFileSync(join(place.dir, 'other'), '');
  linkSync(join(place.dir, 'other'), path);
  await refused();
  expect(statSync(join(place.dir, 'other')).size).toBe(0);
});
