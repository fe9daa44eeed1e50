import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import { needConsent, readLine, readSecret } from './ask.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, tellIfNotRunning, withDoor } from './context.ts';
import { lookUp } from './look-up.ts';
import { onCompanyNetwork } from './names.ts';
import { showManager, showOffer } from './show-grids.ts';
import { cleanLine } from './text.ts';

interface JoinOptions extends CommonOptions {
  readonly name?: string;
  readonly passwordStdin?: boolean;
  readonly onCompanyNetwork?: boolean;
  readonly yes?: boolean;
}

interface LeaveOptions extends CommonOptions {
  readonly leaveProjects?: boolean;
}

const how = 'gleaner manager join https://example.org/ --name ME --password-stdin --yes < password.txt';

/** `manager join|show|sync|leave`. */
export function addManagerCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const manager = program
    .command('manager')
    .description('an account manager that chooses which projects are joined');
  adder.add<JoinOptions>(manager, {
    usage: 'join <URL>',
    summary: 'sign in to an account manager; it names the projects from then on',
    options: (command) =>
      onCompanyNetwork(command)
        .option('--name <NAME>', 'the name (or e-mail address) of your account there')
        .option('--password-stdin', 'the password comes on stdin; else it is asked for')
        .option('-y, --yes', 'I agree to what it asks for; do not ask'),
    examples: ['gleaner manager join https://example.org/ --name ME', how],
    run: async (options, address = '') => {
      const { json = false, passwordStdin = false } = options;
      const allowPrivate = options.onCompanyNetwork === true;
      const joined = await withDoor(context, async (door) => {
        const offer = await lookUp(door, address, allowPrivate);
        const words = `${showOffer(offer, lookOf(context))}\n\n`;
        if (json) io.err(words);
        else await io.out(words);
        if (offer.kind !== 'manager') {
          throw new GleanerError(
            'grid-unsupported',
            `${cleanLine(offer.name)} is a project, no account manager.`,
            `gleaner grids join boinc:${cleanLine(offer.url)}`,
          );
        }
        await needConsent(
          io,
          options.yes === true,
          `Let ${cleanLine(offer.name)} choose the projects of this computer?`,
          '--yes',
        );
        const name = await readLine(io, 'Name', options.name, how);
        const password = await readSecret(io, 'Password', passwordStdin, how);
        tellIfNotRunning(io, json, door);
        return await door.call('manager.join', { url: offer.url, name, password, allowPrivate });
      });
      await print(io, json, joined, (value) => showManager(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(manager, {
    usage: 'show',
    summary: 'which account manager is joined, when it was asked, what it named in vain',
    examples: ['gleaner manager show', 'gleaner manager show --json | jq .refused'],
    run: async ({ json = false }) => {
      const { manager: joined } = await withDoor(context, async (door) => await door.call('status', {}));
      if (joined === null) throw new GleanerError('not-joined', 'No account manager is joined.', how);
      await print(io, json, joined, (value) => showManager(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(manager, {
    usage: 'sync',
    summary: 'ask it now which projects it names',
    examples: ['gleaner manager sync'],
    run: async ({ json = false }) => {
      const synced = await withDoor(context, async (door) => {
        tellIfNotRunning(io, json, door);
        return await door.call('manager.sync', {});
      });
      await print(io, json, synced, (value) => showManager(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<LeaveOptions>(manager, {
    usage: 'leave',
    summary: 'leave it; its projects stay, unless they are left too',
    options: (command) =>
      command.option('--leave-projects', 'leave the projects that it named; their disks are deleted'),
    json: 'answer with null on stdout when it is left',
    examples: ['gleaner manager leave', 'gleaner manager leave --leave-projects'],
    run: async ({ json = false, leaveProjects = false }) => {
      const left = await withDoor(
        context,
        async (door) => await door.call('manager.leave', { leaveProjects }),
      );
      await print(io, json, left, () => 'Left the account manager.');
      return undefined;
    },
  });
}
