import { spawn } from 'node:child_process';
import { homedir } from 'node:os';

/**
 * The guard of a swap: a small process of /bin/sh, which every Linux has, so that it leans neither on the version that
 * leaves nor on the one that may be broken. It waits until the old program is gone, starts the new one, and looks at it
 * each second: a file `healthy` lets it go in peace; a crash is tried again so many times; a program that is not healthy in
 * time is ended. Then the file before it is put back and started. A clean end (exit code 0) before that is the person's, and
 * is left alone, as is a shutdown: the next start counts (trial.ts). Seconds are counted while the computer is awake.
 *
 * Arguments: pid of the old program, file of the program, file of the one before (empty: nothing is tried), file that tells
 * of health, tries, seconds for each; then the program's own arguments.
 */
export const guardScript = `
set -u
old=$1 app=$2 previous=$3 healthy=$4 tries=$5 limit=$6
shift 6
trap 'exit 0' TERM HUP INT
while kill -0 "$old" 2>/dev/null; do sleep 0.2 || sleep 1; done
[ -n "$previous" ] || exec "$app" "$@"
while [ "$tries" -gt 0 ]; do
  tries=$((tries - 1))
  "$app" "$@" &
  child=$!
  waited=0
  while kill -0 "$child" 2>/dev/null && [ "$waited" -lt "$limit" ]; do
    [ -e "$healthy" ] && exit 0
    sleep 1
    waited=$((waited + 1))
  done
  [ -e "$healthy" ] && exit 0
  hung=
  if kill -0 "$child" 2>/dev/null; then
    hung=yes
    kill -TERM "$child"
    waited=0
    while kill -0 "$child" 2>/dev/null && [ "$waited" -lt 30 ]; do sleep 1; waited=$((waited + 1)); done
    kill -KILL "$child" 2>/dev/null
  fi
  wait "$child"
  [ $? -eq 0 ] && [ -z "$hung" ] && exit 0
done
mv -f -- "$previous" "$app" || exit 1
exec "$app" "$@"
`;

/** What an AppImage's own start sets, which the next one sets for itself. */
const ofThisStart = ['APPIMAGE', 'APPDIR', 'ARGV0', 'OWD', 'APPIMAGE_SILENT_INSTALL'];

export interface GuardOptions {
  /** The program that is started when this process is gone. */
  readonly target: string;
  /** What is put back when it does not become healthy; null: nothing is tried, it is only started. */
  readonly previous: string | null;
  readonly healthyPath: string;
  readonly tries: number;
  readonly limitSeconds: number;
  readonly args: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** The command of a guard that waits for `pid` to end. Pure. */
export function guardCommand(
  pid: number,
  o: GuardOptions,
): { file: string; args: string[]; env: NodeJS.ProcessEnv } {
  const { target, previous, healthyPath, tries, limitSeconds, args } = o;
  const env = Object.fromEntries(Object.entries(o.env).filter(([name]) => !ofThisStart.includes(name)));
  const words = [pid, target, previous ?? '', healthyPath, tries, limitSeconds].map(String);
  return {
    file: '/bin/sh',
    args: ['-c', guardScript, 'gleaner-guard', ...words, ...args],
    // The system's own tools first: those of an AppImage go with its mount.
    env: { ...env, PATH: ['/usr/bin:/bin', env['PATH']].filter((part) => part !== undefined).join(':') },
  };
}

/** Leaves a guard behind, in a session of its own. Throws when it cannot be started. */
export async function leaveGuard(o: GuardOptions): Promise<void> {
  const { file, args, env } = guardCommand(process.pid, o);
  // Not in the AppImage's mount, which could then not be let go of.
  const child = spawn(file, args, { detached: true, stdio: 'ignore', cwd: homedir(), env });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
}
