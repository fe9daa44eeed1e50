// @ts-check
// `node resources/dev/private-net.mjs -- COMMAND ARGUMENTS`: runs a command in a network and mount namespace of its
// own: loopback alone, public and private ranges that it answers for itself, and name servers at 127.0.0.1, where
// tests put theirs. Nothing in there reaches the real network, and no test needs a way round the rules for addresses.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnOwned, untilExit } from './children.ts';
import { fail, SetupError } from './console.mjs';
import { answered, insideVariable, nameServer, own } from './private-addresses.ts';

/** Tests that are asked to end close what they started first. */
const graceMs = 10_000;

const isRoot = process.getuid?.() === 0;

/** An ordinary user may have such namespaces inside a user namespace, with the power over them and nothing else. */
const unshare = isRoot
  ? ['unshare', '--net', '--mount']
  : ['unshare', '--user', '--map-current-user', '--keep-caps', '--net', '--mount'];

/** Whether to be had here, and what a person can do where not. */
function checkPossible() {
  const missing = ['unshare', 'setpriv', 'ip'].filter(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore', env: withSbin() }).error !== undefined,
  );
  if (process.platform !== 'linux' || missing.includes('unshare') || missing.includes('setpriv')) {
    throw new SetupError('A network of its own needs Linux with util-linux.', 'Run this lane there.', 2);
  }
  if (missing.includes('ip')) {
    throw new SetupError('The program `ip` is missing.', 'Install the package iproute2.', 2);
  }
  if (!existsSync('/proc/net/if_inet6')) {
    throw new SetupError(
      'This kernel runs without IPv6, which these tests try as well.',
      'Boot it without ipv6.disable=1.',
      2,
    );
  }
  const tried = spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true'], { encoding: 'utf8' });
  if (tried.status === 0) return;
  throw new SetupError(
    `This ${isRoot ? 'container' : 'user'} may make no network namespace: ${tried.stderr.trim()}`,
    isRoot
      ? 'Start the container with the capability SYS_ADMIN (docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined).'
      : 'Run it as root, or permit user namespaces (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu ' +
          'kernel.apparmor_restrict_unprivileged_userns=0).',
    2,
  );
}

/** `ip` lies in /sbin, which not every user's path has. */
function withSbin() {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

/** @returns {string} for sh; `$1` is the folder of the namespace's own files of /etc, the rest the command */
function script() {
  const files = ['resolv.conf', 'hosts', 'nsswitch.conf'].filter((name) => existsSync(`/etc/${name}`));
  return [
    'set -e',
    'dir=$1; shift',
    // A port below 1024 for the name server of the tests; addresses of a range that is only answered for.
    'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start',
    'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6',
    'echo 1 > /proc/sys/net/ipv6/ip_nonlocal_bind',
    'ip link set lo up',
    ...Object.values(answered).map((range) => `ip route add local ${range} dev lo`),
    `ip addr add ${own.public4}/32 dev lo`,
    `ip addr add ${own.public6}/128 dev lo nodad`,
    ...files.map((name) => `mount --bind "$dir/${name}" /etc/${name}`),
    // A cache of names would answer past the tests' server.
    'if [ -d /run/nscd ]; then mount -t tmpfs none /run/nscd; fi',
    // The new user namespace forgot the signal at our death; and no power over it is left to the command.
    `exec setpriv --pdeathsig TERM ${isRoot ? '' : '--inh-caps=-all --ambient-caps=-all '}-- "$@"`,
  ].join('\n');
}

/** @param {readonly string[]} command @returns {Promise<number>} its exit code */
async function runInside(command) {
  if (process.env[insideVariable] !== undefined) {
    return await untilExit(spawnOwned(command, { env: process.env, stdio: 'inherit' }), graceMs);
  }
  checkPossible();
  const dir = mkdtempSync(path.join(tmpdir(), 'gn-'));
  try {
    writeFileSync(path.join(dir, 'resolv.conf'), `nameserver ${nameServer}\noptions timeout:2 attempts:1\n`);
    writeFileSync(path.join(dir, 'hosts'), '127.0.0.1 localhost\n::1 localhost\n');
    writeFileSync(path.join(dir, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
    const child = spawnOwned([...unshare, 'sh', '-c', script(), 'sh', dir, ...command], {
      env: { ...withSbin(), [insideVariable]: '1' },
      stdio: 'inherit',
    });
    return await untilExit(child, graceMs);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

try {
  const [dashes, ...command] = process.argv.slice(2);
  if (dashes !== '--' || command.length === 0) {
    throw new SetupError(
      'There is no command to run.',
      'node resources/dev/private-net.mjs -- COMMAND ARGUMENTS',
      2,
    );
  }
  process.exitCode = await runInside(command);
} catch (error) {
  fail(error);
}
