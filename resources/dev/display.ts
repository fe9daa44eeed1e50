// A screen and a session bus of our own, for machines without one and for tests.

import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { type OwnedChild, spawnOwned } from './children.ts';
import { SetupError } from './console.mjs';

export interface Display {
  /** What programs need to find it: DISPLAY, XAUTHORITY, DBUS_SESSION_BUS_ADDRESS. */
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

const screen = '1920x1200x24';
/** For a server that neither comes up nor dies. */
const startMs = 30_000;

/**
 * Starts Xvfb and a session bus. Only holders of the cookie may use the screen; the bus starts no services, so nothing
 * outlives it.
 * @throws {SetupError} when one of them does not come up
 */
export async function startDisplay(): Promise<Display> {
  const dir = mkdtempSync(path.join(tmpdir(), 'gleaner-display-'));
  const children: OwnedChild[] = [];
  const close = async () => {
    await Promise.all(children.map((child) => child.stop(3000)));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const authPath = path.join(dir, 'Xauthority');
    const cookie = randomBytes(16);
    writeFileSync(authPath, authorityEntry('', cookie), { mode: 0o600 });
    const server = [
      'Xvfb',
      '-displayfd',
      '3',
      '-screen',
      '0',
      screen,
      '-noreset',
      '-nolisten',
      'tcp',
      '-auth',
      authPath,
    ];
    const display = `:${await startAndAsk(server, children)}`;
    writeFileSync(authPath, authorityEntry(display.slice(1), cookie));

    const configPath = path.join(dir, 'bus.conf');
    writeFileSync(configPath, busConfig(dir));
    chmodSync(dir, 0o700);
    const bus = ['dbus-daemon', '--nofork', '--print-address=3', `--config-file=${configPath}`];
    const address = await startAndAsk(bus, children);
    return { env: { DISPLAY: display, XAUTHORITY: authPath, DBUS_SESSION_BUS_ADDRESS: address }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts a server that writes one line to descriptor 3 when it is ready, and waits for that line. */
async function startAndAsk(argv: readonly string[], children: OwnedChild[]): Promise<string> {
  const child = spawnOwned(argv, { env: process.env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  children.push(child);
  let errors = '';
  child.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const ready = child.process.stdio[3] as Readable;
  const line = new Promise<string>((resolve) => {
    let text = '';
    ready.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end).trim());
    });
  });
  const limit = AbortSignal.timeout(startMs);
  const late = new Promise<undefined>((resolve) => {
    limit.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
  const answer = await Promise.race([line, child.exited.then(() => undefined), late]);
  if (answer !== undefined) return answer;
  throw new SetupError(
    `${argv[0] ?? ''} did not come up.`,
    `${errors.trim()}\nWith a screen of your own (DISPLAY or WAYLAND_DISPLAY set) it is not needed.`.trim(),
  );
}

/**
 * One entry of an X authority file (Xauth(3): counted big-endian fields), for this host.
 * @param display the number; empty stands for every number, which the server takes before it has chosen one
 */
export function authorityEntry(display: string, cookie: Buffer): Buffer {
  const familyLocal = Buffer.from([1, 0]);
  const counted = (field: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(field.length);
    return [length, field];
  };
  const fields = [Buffer.from(hostname()), Buffer.from(display), Buffer.from('MIT-MAGIC-COOKIE-1'), cookie];
  return Buffer.concat([familyLocal, ...fields.flatMap(counted)]);
}

function busConfig(dir: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${dir}</listen>
  <auth>ANONYMOUS</auth>
  <allow_anonymous/>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}
