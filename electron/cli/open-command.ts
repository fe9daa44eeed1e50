import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import type { CommandAdder } from './command.ts';
import { type CommonOptions, type Context, print, withDoor } from './context.ts';

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

async function isWantedAtLogin(context: Context): Promise<boolean> {
  const { desktop } = await withDoor(context, (door) => door.call('status', {}));
  return desktop['ui.startAtLogin'];
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
