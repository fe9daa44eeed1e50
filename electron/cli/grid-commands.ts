import type { Command } from 'commander';
import type { CommandInput, CommandOutput } from '../contract/commands.ts';
import { GridShare } from '../contract/grids.ts';
import { needConsent } from './ask.ts';
import { type CommandAdder, lookOf } from './command.ts';
import {
  type CommonOptions,
  type Context,
  print,
  tellIfNotRunning,
  UsageError,
  withDoor,
} from './context.ts';
import type { Door } from './door.ts';
import type { Ending } from './exit.ts';
import { addJoinCommand } from './grid-join.ts';
import { lookUp } from './look-up.ts';
import { gridId, onCompanyNetwork, parsePlace, showPlace } from './names.ts';
import { showGrid, showGrids, showKnown, showOffer } from './show-grids.ts';
import { cleanLine, count } from './text.ts';

interface PrivateOptions extends CommonOptions {
  readonly onCompanyNetwork?: boolean;
}

interface LeaveOptions extends CommonOptions {
  readonly yes?: boolean;
}

interface NoNewWorkOptions extends CommonOptions {
  readonly off?: boolean;
}

/** `grids …`. */
export function addGridCommands(program: Command, adder: CommandAdder, context: Context): void {
  const grids = program
    .command('grids')
    .description('the public projects and company pools that this computer works for');
  addLooking(grids, adder, context);
  addJoinCommand(grids, adder, context);
  addSteering(grids, adder, context);
  addPlaces(grids, adder, context);
}

function addLooking(grids: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<CommonOptions>(grids, {
    usage: 'list',
    summary: 'what is joined, and what each does',
    examples: ['gleaner grids list', 'gleaner grids list --json | jq ".[].state"'],
    run: async ({ json = false }) => {
      const list = await withDoor(context, async (door) => await door.call('grids.list', {}));
      await print(io, json, list, (value) => showGrids(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(grids, {
    usage: 'show <ID>',
    summary: 'one grid: tasks, credit, messages, what it may contact and what it did',
    examples: ['gleaner grids show boinc-example', 'gleaner grids show boinc-example --json | jq .tasks'],
    run: async ({ json = false }, id = '') => {
      const detail = await withDoor(
        context,
        async (door) => await door.call('grids.show', { id: gridId(id) }),
      );
      await print(io, json, detail, (value) => showGrid(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(grids, {
    usage: 'known',
    summary: 'well-known public projects; a list that came with Gleaner, nobody is asked',
    examples: ['gleaner grids known', 'gleaner grids known --json | jq -r ".[].url"'],
    run: async ({ json = false }) => {
      const known = await withDoor(context, async (door) => await door.call('grids.known', {}));
      await print(io, json, known, (value) => showKnown(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<PrivateOptions>(grids, {
    usage: 'lookup <URL>',
    summary: 'ask a project or account manager what it is and what joining would mean',
    options: onCompanyNetwork,
    examples: ['gleaner grids lookup https://example.org/project/'],
    run: async ({ json = false, onCompanyNetwork: allowPrivate = false }, url = '') => {
      const offer = await withDoor(context, async (door) => await lookUp(door, url, allowPrivate));
      await print(io, json, offer, (value) => showOffer(value, lookOf(context)));
      return undefined;
    },
  });
}

function addSteering(grids: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  /** Runs what changes a grid, and says what it did. */
  const change = async <T>(
    json: boolean,
    use: (door: Door) => Promise<T>,
    words: (value: T) => string,
  ): Promise<Ending | undefined> => {
    const value = await withDoor(context, async (door) => {
      tellIfNotRunning(io, json, door);
      return await use(door);
    });
    await print(io, json, value, words);
    return undefined;
  };
  const set = async (
    json: boolean,
    id: string,
    changes: Omit<CommandInput<'grids.set'>, 'id'>,
    words: (grid: CommandOutput<'grids.set'>) => string,
  ): Promise<Ending | undefined> =>
    await change(json, async (door) => await door.call('grids.set', { id: gridId(id), ...changes }), words);

  adder.add<LeaveOptions>(grids, {
    usage: 'leave <ID>',
    summary: 'detach from a project or a pool and delete its disk; a pool gets its jobs back first',
    options: (command) => command.option('-y, --yes', 'do not ask'),
    json: 'answer with null on stdout when it is left',
    examples: ['gleaner grids leave boinc-example', 'gleaner grids leave boinc-example --yes'],
    run: async ({ json = false, yes = false }, id = '') => {
      await change(
        json,
        async (door) => {
          const { grid } = await door.call('grids.show', { id: gridId(id) });
          const open = grid.queued + grid.running;
          const name = cleanLine(grid.name);
          const question =
            grid.kind === 'condor'
              ? `Hand ${count(open, 'job')} back to ${name}, then leave it and delete its disk and token?`
              : `Leave ${name} and delete its disk with ${count(open, 'unfinished task')}?`;
          await needConsent(io, yes, question, '--yes');
          return await door.call('grids.leave', { id: gridId(id) });
        },
        () => `Left ${cleanLine(id)}. Its disk is deleted.`,
      );
      return undefined;
    },
  });
  adder.add<CommonOptions>(grids, {
    usage: 'update <ID>',
    summary: 'ask the project for news and work as soon as its VM runs',
    examples: ['gleaner grids update boinc-example'],
    run: async ({ json = false }, id = '') =>
      await change(
        json,
        async (door) => await door.call('grids.update', { id: gridId(id) }),
        ({ name, sentence }) => `${cleanLine(name)}: ${cleanLine(sentence)}`,
      ),
  });
  adder.add<CommonOptions>(grids, {
    usage: 'suspend <ID>',
    summary: 'let a project rest; its tasks stay',
    examples: ['gleaner grids suspend boinc-example'],
    run: async ({ json = false }, id = '') =>
      await set(json, id, { suspended: true }, ({ name }) => `${cleanLine(name)} rests.`),
  });
  adder.add<CommonOptions>(grids, {
    usage: 'resume <ID>',
    summary: 'let a project go on',
    examples: ['gleaner grids resume boinc-example'],
    run: async ({ json = false }, id = '') =>
      await set(json, id, { suspended: false }, ({ name }) => `${cleanLine(name)} goes on.`),
  });
  adder.add<NoNewWorkOptions>(grids, {
    usage: 'no-new-work <ID>',
    summary: 'finish the tasks at hand and fetch no others',
    options: (command) => command.option('--off', 'fetch new tasks again'),
    examples: ['gleaner grids no-new-work boinc-example', 'gleaner grids no-new-work boinc-example --off'],
    run: async ({ json = false, off = false }, id = '') =>
      await set(json, id, { noNewWork: !off }, ({ name, noNewWork }) =>
        noNewWork
          ? `${cleanLine(name)} finishes what is here and gets nothing new.`
          : `${cleanLine(name)} gets new work again.`,
      ),
  });
  adder.add<CommonOptions>(grids, {
    usage: 'share <ID> <N>',
    summary: 'its part of the CPU time, relative to the other grids',
    examples: ['gleaner grids share boinc-example 50'],
    run: async ({ json = false }, id = '', given = '') => {
      const share = Number(given);
      if (!/^[\d.]+$/.test(given) || !GridShare.safeParse(share).success) {
        throw new UsageError('A share is a number from 0 to 1000000.', 'gleaner grids share ID 50');
      }
      return await set(
        json,
        id,
        { share },
        (grid) => `${cleanLine(grid.name)} has a share of ${grid.share}.`,
      );
    },
  });
  adder.add<CommonOptions>(grids, {
    usage: 'abort <ID> <TASK>',
    summary: 'give up one task of a project',
    json: 'answer with null on stdout when it is aborted',
    examples: ['gleaner grids abort boinc-example task_17_0'],
    run: async ({ json = false }, id = '', task = '') =>
      await change(
        json,
        async (door) => await door.call('grids.abort-task', { id: gridId(id), task }),
        () => `Aborted ${cleanLine(task)}.`,
      ),
  });
}

function addPlaces(grids: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<PrivateOptions>(grids, {
    usage: 'allow <ID> <HOST:PORT>',
    summary: 'let all tasks of a project speak to one more place',
    options: onCompanyNetwork,
    examples: ['gleaner network denied', 'gleaner grids allow boinc-example files.example.net:443'],
    run: async ({ json = false, onCompanyNetwork: isPrivate = false }, id = '', text = '') => {
      const place = parsePlace(text);
      const input = { id: gridId(id), ...place, private: isPrivate };
      const detail = await withDoor(context, async (door) => await door.call('grids.allow', input));
      await print(io, json, detail, ({ grid }) => `${cleanLine(grid.name)} may contact ${showPlace(place)}.`);
      return undefined;
    },
  });
  adder.add<CommonOptions>(grids, {
    usage: 'forbid <ID> <HOST:PORT>',
    summary: 'take back what "allow" gave',
    examples: ['gleaner grids forbid boinc-example files.example.net:443'],
    run: async ({ json = false }, id = '', text = '') => {
      const place = parsePlace(text);
      const input = { id: gridId(id), ...place };
      const detail = await withDoor(context, async (door) => await door.call('grids.forbid', input));
      await print(
        io,
        json,
        detail,
        ({ grid }) => `${cleanLine(grid.name)} may not contact ${showPlace(place)} any more.`,
      );
      return undefined;
    },
  });
}
