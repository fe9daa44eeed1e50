import type { Command } from 'commander';
import { readLine, readSecret } from './ask.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, UsageError, withDoor } from './context.ts';
import { showDenials, showNetwork } from './show-network.ts';
import { cleanLine, formatWhen } from './text.ts';

interface LoginOptions extends CommonOptions {
  readonly name?: string;
  readonly passwordStdin?: boolean;
  readonly forget?: boolean;
}

const how = 'gleaner network proxy-login --name ME --password-stdin < password.txt';

/** `network report|denied|proxy-login`, `appliance update`. */
export function addNetworkCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const network = program.command('network').description("what the grids' VMs moved over the network");
  adder.add<CommonOptions>(network, {
    usage: 'report',
    summary: 'bytes of today and this month, hosts, limits, the proxy, and what was refused',
    examples: ['gleaner network report', 'gleaner network report --json | jq .todayBytes'],
    run: async ({ json = false }) => {
      const report = await withDoor(context, async (door) => await door.call('network.report', {}));
      await print(io, json, report, (value) => showNetwork(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(network, {
    usage: 'denied',
    summary: 'what VMs wanted to reach and did not, the newest first, and why',
    examples: ['gleaner network denied', 'gleaner grids allow boinc-example files.example.net:443'],
    run: async ({ json = false }) => {
      const { denials } = await withDoor(context, async (door) => await door.call('network.report', {}));
      await print(io, json, denials, (value) => showDenials(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<LoginOptions>(network, {
    usage: 'proxy-login',
    summary: "name and password for the proxy, kept with the host's secrets",
    options: (command) =>
      command
        .option('--name <NAME>', 'the name to sign in with')
        .option('--password-stdin', 'the password comes on stdin; else it is asked for')
        .option('--forget', 'forget name and password'),
    json: 'answer with null on stdout when it is done',
    examples: ['gleaner network proxy-login --name ME', how, 'gleaner network proxy-login --forget'],
    run: async ({ json = false, name, passwordStdin = false, forget = false }) => {
      if (forget && (name !== undefined || passwordStdin)) {
        throw new UsageError('Either --forget, or a name and a password.', how);
      }
      const login = forget
        ? null
        : {
            name: await readLine(io, 'Name', name, how),
            password: await readSecret(io, 'Password', passwordStdin, how),
          };
      const done = await withDoor(context, async (door) => await door.call('network.proxy-login', { login }));
      await print(io, json, done, () => (forget ? 'Forgotten.' : "Kept with the host's secrets."));
      return undefined;
    },
  });
  const appliance = program.command('appliance').description('the images that VMs start from');
  adder.add<CommonOptions>(appliance, {
    usage: 'update',
    summary: 'build the images anew when newer packages are to be had',
    examples: ['gleaner appliance update', 'gleaner appliance update --json | jq .packages'],
    run: async ({ json = false }) => {
      const update = await withDoor(context, async (door) => await door.call('appliance.update', {}));
      await print(io, json, update, ({ updated, builtAt, packages }) => {
        const made = builtAt === null ? '' : ` They were made ${formatWhen(builtAt, io.now())}.`;
        if (!updated) return `The images are up to date.${made}`;
        const changes = packages.map(
          (one) => `  ${cleanLine(one.name)}: ${cleanLine(one.from ?? 'new')} → ${cleanLine(one.to)}`,
        );
        return [`The images are new; each VM uses them from its next start.`, ...changes].join('\n');
      });
      return undefined;
    },
  });
}
