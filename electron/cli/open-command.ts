import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { GleanerError } from '../contract/failures.ts';
import type { CommandAdder } from './command.ts';
import { type CommonOptions, type Context, print } from './context.ts';

interface OpenOptions extends CommonOptions {
  readonly hidden?: boolean;
  readonly atLogin?: boolean;
}

/** `open`. */
export function addOpenCommand(program: Command, adder: CommandAdder, context: Context): void {
  adder.add<OpenOptions>(program, {
    usage: 'open',
    summary: 'start the app on this desktop, or bring its window to the front',
    options: (command) =>
      command
        .option('--hidden', 'only into the tray')
        .option('--at-login', 'only into the tray, and only if "ui.startAtLogin" says so'),
    examples: ['gleaner open', 'gleaner open --hidden'],
    run: async ({ hidden = false, atLogin = false, json = false }) => {
      const { appPath } = context.program;
      if (appPath === undefined) {
        throw new GleanerError('not-found', 'There is no installed app to open here.', 'Use "npm start".');
      }
      const wanted = !atLogin || (await isWantedAtLogin(context));
      if (wanted) await start(appPath, hidden || atLogin ? ['--hidden'] : []);
      await print(context.io, json, { opened: wanted }, () =>
        wanted ? 'Gleaner is opened.' : 'Gleaner does not start at login: "ui.startAtLogin" is off.',
      );
      return undefined;
    },
  });
}

/** By the files alone: at a sign-in the host may be busy with another command, or not there yet. */
async function isWantedAtLogin({ paths, machine }: Context): Promise<boolean> {
  const { SettingsStore } = await import('../settings/store.ts');
  const { platformProfiles } = await import('../settings/profiles/platform.ts');
  const { platform, env } = process;
  const settings = await SettingsStore.open({
    settingsPath: paths.settingsPath,
    profiles:
      machine?.profiles ?? platformProfiles({ platform, uid: process.getuid?.(), env, clock: systemClock }),
    clock: systemClock,
    log: silentLog,
  });
  try {
    return settings.current.values['ui.startAtLogin'];
  } finally {
    await settings.dispose();
  }
}

/** Starts the app and lets it go. Rejects `not-found` where it cannot be started. */
async function start(appPath: string, args: readonly string[]): Promise<void> {
  const child = spawn(appPath, args, { detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      reject(
        new GleanerError(
          'not-found',
          `The app could not be started: ${error.message}.`,
          'Install the package anew.',
        ),
      );
    });
  });
  child.unref();
}
