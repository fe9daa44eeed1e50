import type { Command } from 'commander';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, withDoor } from './context.ts';
import { showUpdate } from './show-update.ts';

interface InstallOptions extends CommonOptions {
  readonly handBack?: boolean;
}

/** `update`, which shows, and what is below it. */
export function addUpdateCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const look = lookOf(context);
  const update = adder.add<CommonOptions>(program, {
    usage: 'update',
    summary: 'how it stands with newer versions of Gleaner itself',
    examples: ['gleaner update', 'gleaner update check', 'gleaner update install', 'gleaner update --json'],
    run: async ({ json = false }) => {
      const { version, update: view } = await withDoor(
        context,
        async (door) => await door.call('status', {}),
      );
      await print(io, json, { current: version, ...view }, () => showUpdate(view, version, look));
      return undefined;
    },
  });
  adder.add<CommonOptions>(update, {
    usage: 'check',
    summary: 'look for a newer version now, and download it',
    examples: ['gleaner update check'],
    run: async ({ json = false }) => {
      const view = await withDoor(context, async (door) => await door.call('update.check', {}));
      await print(io, json, view, () => showUpdate(view, null, look));
      return view.state === 'failed' ? 'failed' : undefined;
    },
  });
  adder.add<InstallOptions>(update, {
    usage: 'install',
    summary: 'restart into the version that was downloaded, as soon as no work is lost by it',
    options: (command) =>
      command.option('--hand-back', 'hand a pool’s jobs back instead of waiting for them'),
    examples: ['gleaner update install', 'gleaner update install --hand-back'],
    run: async ({ json = false, handBack = false }) => {
      const view = await withDoor(context, async (door) => await door.call('update.install', { handBack }));
      await print(io, json, view, () => showUpdate(view, null, look));
      return undefined;
    },
  });
  adder.add<CommonOptions>(update, {
    usage: 'cancel',
    summary: 'end the download, or take the consent to a restart back',
    examples: ['gleaner update cancel'],
    run: async ({ json = false }) => {
      const view = await withDoor(context, async (door) => await door.call('update.cancel', {}));
      await print(io, json, view, () => showUpdate(view, null, look));
      return undefined;
    },
  });
}
