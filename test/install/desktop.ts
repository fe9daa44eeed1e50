import { writeFileSync } from 'node:fs';
import type { z } from 'zod';
import { commands } from '../../electron/contract/commands.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { people } from '../../resources/dev/install-root.ts';
import { type Ended, outputOf } from '../condor/exec.ts';
import { type Computer, until } from './computer.ts';
import { jobOf } from './job.ts';

/** What a display manager does: a display, the person's bus, and what the desktop starts at login. */
const sessionScript = `#!/bin/sh
Xvfb "$1" -screen 0 1280x800x24 -nolisten tcp -ac &
export DISPLAY=$1 DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
until xdotool getmouselocation >/dev/null 2>&1; do sleep 0.1; done
dex --autostart --environment GNOME
sleep infinity
`;
const sessionProgram = '/usr/local/bin/desktop-session';

/** A person's session on the computer, by PAM and systemd-logind as a display manager's, on a display of its own. */
export class Desktop {
  readonly name: keyof typeof people;
  readonly #computer: Computer;
  readonly #display: string;

  private constructor(computer: Computer, name: keyof typeof people, display: string) {
    this.#computer = computer;
    this.name = name;
    this.#display = display;
  }

  /** @param seat of whose screen the session is; one without is always in front */
  static async signIn(
    computer: Computer,
    name: keyof typeof people,
    display: string,
    seat?: string,
  ): Promise<Desktop> {
    return await Desktop.#begin(
      new Desktop(computer, name, display),
      [
        ...[`--property=User=${name}`, '--property=PAMName=login'],
        ...(seat === undefined ? [] : [`--setenv=XDG_SEAT=${seat}`]),
      ],
      [sessionProgram, display],
    );
  }

  /** As a server of remote desktops does for somebody who sits at the address `from`. */
  static async signInFromAfar(
    computer: Computer,
    name: keyof typeof people,
    display: string,
    from: string,
  ): Promise<Desktop> {
    // login(1) tells PAM where the person sits, and wants a terminal, in which a shell reads what to become.
    const typed = `{ echo 'exec ${sessionProgram} ${display}'; exec sleep infinity; }`;
    const terminal = `script --quiet --return --command 'login -p -h ${from} -f ${name}' /dev/null`;
    return await Desktop.#begin(
      new Desktop(computer, name, display),
      [],
      ['sh', '-c', `${typed} | exec ${terminal}`],
    );
  }

  static async #begin(
    desktop: Desktop,
    properties: readonly string[],
    program: readonly string[],
  ): Promise<Desktop> {
    const computer = desktop.#computer;
    writeFileSync(computer.outside(sessionProgram), sessionScript, { mode: 0o755 });
    await computer.must([
      ...['systemd-run', '--quiet', `--unit=desktop-${desktop.name}`, '--collect', ...properties],
      ...['--setenv=XDG_SESSION_TYPE=x11', '--setenv=XDG_SESSION_CLASS=user', '--setenv=LANG=C.UTF-8'],
      ...program,
    ]);
    return desktop;
  }

  /** Gives the screen to this session, as a display manager does when somebody switches to it. */
  async bringToFront(): Promise<void> {
    const sessions = await this.#computer.must(['loginctl', 'list-sessions', '--no-legend']);
    const row = sessions.split('\n').find((line) => line.trim().split(/\s+/)[2] === this.name);
    await this.#computer.must(['loginctl', 'activate', row?.trim().split(/\s+/)[0] ?? '']);
  }

  /** Ends the session, with all that runs in it and for it. */
  async signOut(): Promise<void> {
    await this.#computer.must(['systemctl', 'stop', `desktop-${this.name}`]);
    await this.#computer.must(['loginctl', 'terminate-user', this.name]);
    // Debian's logind leaves what a session has begun beside its programs: the display, and what held it open.
    await this.#computer.run(['pkill', '-KILL', '-u', this.name, '--full', '^(Xvfb|sleep) ']);
    await until(async () => (await this.#computer.run(['pgrep', '-u', this.name])).code !== 0);
  }

  /** Runs a program in the session to its end. */
  run(argv: readonly string[], input = ''): Promise<Ended> {
    const runtime = `/run/user/${people[this.name]}`;
    return this.#computer.run(
      [
        ...[
          'runuser',
          '-u',
          this.name,
          '--',
          'env',
          `XDG_RUNTIME_DIR=${runtime}`,
          `DISPLAY=${this.#display}`,
        ],
        ...[`HOME=/home/${this.name}`, `DBUS_SESSION_BUS_ADDRESS=unix:path=${runtime}/bus`, ...argv],
      ],
      input,
    );
  }

  /** Runs a program that must succeed. @returns its standard output */
  async must(argv: readonly string[], input = ''): Promise<string> {
    return outputOf(argv, await this.run(argv, input));
  }

  /** What `gleaner … --json` answers. */
  async ask<T>(type: z.ZodType<T>, ...argv: readonly string[]): Promise<T> {
    return type.parse(JSON.parse(await this.must(['gleaner', ...argv, '--json'])));
  }

  /** Hands in a job of so many seconds, whose files lie in `job-SECONDS` at home. @returns its id */
  async addJob(seconds: number): Promise<string> {
    const dir = `/home/${this.name}/job-${seconds}`;
    await this.must(['sh', '-euc', `mkdir -p ${dir} && cat > ${dir}/job.json`], jobOf(seconds));
    const { id } = await this.ask(commands['jobs.add'].output, 'jobs', 'add', dir);
    return id ?? '';
  }

  /** Resolves once this person's own host answers. */
  async hostAnswers(): Promise<void> {
    await this.socketIsThere();
    await this.snapshot();
  }

  /** Resolves once this person's own host listens. */
  async socketIsThere(): Promise<void> {
    const socket = `/run/user/${people[this.name]}/gleaner/control.sock`;
    await until(async () => (await this.#computer.run(['test', '-S', socket])).code === 0, 50);
  }

  snapshot(): Promise<Snapshot> {
    return this.ask(commands.status.output, 'status');
  }

  /** Moves the mouse of this display. */
  async touch(): Promise<void> {
    await this.must(['xdotool', 'mousemove_relative', '--', '7', '3']);
  }
}
