import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import { Account, type ProjectOffer } from '../contract/grids.ts';
import { needConsent, readLine, readSecret } from './ask.ts';
import { type CommandAdder, lookOf, wholeNumber } from './command.ts';
import {
  type CommonOptions,
  type Context,
  print,
  tellIfNotRunning,
  UsageError,
  withDoor,
} from './context.ts';
import { lookUp } from './look-up.ts';
import { onCompanyNetwork } from './names.ts';
import { joinPool, poolPrefix } from './pool-join.ts';
import { showOffer } from './show-grids.ts';
import { cleanLine } from './text.ts';

interface JoinOptions extends CommonOptions {
  readonly key?: string;
  readonly email?: string;
  readonly name?: string;
  readonly passwordStdin?: boolean;
  readonly create?: boolean;
  readonly agreeTerms?: boolean;
  readonly yes?: boolean;
  readonly onCompanyNetwork?: boolean;
  readonly share: number;
  readonly deleteFile?: boolean;
}

const example = 'gleaner grids join boinc:https://example.org/project/';

/** `grids join`. */
export function addJoinCommand(grids: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<JoinOptions>(grids, {
    usage: 'join <boinc:URL|condor:FILE>',
    summary: "show what a project or a company's pool asks for, and join it with consent",
    options: (command) =>
      onCompanyNetwork(command)
        .option('--key <KEY>', 'sign in by an account key; - reads it from the terminal or standard input')
        .option('--email <ADDRESS>', 'sign in by e-mail address (or name) and password')
        .option('--password-stdin', 'the password comes on stdin; else it is asked for')
        .option('--create', 'make a new account')
        .option('--name <NAME>', 'name of the new account that others see')
        .option('--agree-terms', 'I have read its terms (see "grids lookup") and agree')
        .option('--share <N>', 'its part of the CPU time', wholeNumber(0, 1_000_000), 100)
        .option('--delete-file', 'delete the enrolment file of a pool once it is joined')
        .option('-y, --yes', 'I agree to what it asks for; do not ask'),
    examples: [
      example,
      `${example} --key - --yes < key.txt`,
      `${example} --email me@example.org --password-stdin --yes < password.txt`,
      `${example} --create --email me@example.org --name Me`,
      'gleaner grids join condor:enrolment.json --delete-file',
      'gleaner grids join condor:- --yes < enrolment.json',
      'gleaner grids join condor:https://pool.example.org/enrolments/pc17.json',
    ],
    run: async (options, address = '') => {
      const { json = false, share, yes = false, deleteFile = false } = options;
      if (address.startsWith(poolPrefix)) {
        refuseAccount(options);
        await joinPool(context, address.slice(poolPrefix.length), { json, yes, share, deleteFile });
        return undefined;
      }
      if (deleteFile) throw new UsageError('Only a pool is joined by a file.', 'Leave --delete-file out.');
      if (options.key !== undefined && options.key !== '-') {
        throw new UsageError(
          'A key among the arguments could be read by others on this computer.',
          `Give it on stdin: ${example} --key - < key.txt`,
        );
      }
      const allowPrivate = options.onCompanyNetwork === true;
      const grid = await withDoor(context, async (door) => {
        const offer = await lookUp(door, address, allowPrivate);
        const words = `${showOffer(offer, lookOf(context))}\n\n`;
        // JSON is one value, so what is shown before it goes where questions go.
        if (json) io.err(words);
        else await io.out(words);
        refuse(offer, allowPrivate);
        await needConsent(
          io,
          options.yes === true,
          `Join ${cleanLine(offer.name)} and let its tasks contact these places?`,
          '--yes',
        );
        const account = await readAccount(context, offer, options);
        tellIfNotRunning(io, json, door);
        return await door.call('grids.join', {
          url: offer.url,
          account,
          contacts: offer.contacts.map(({ host, port }) => ({ host, port })),
          allowPrivate: offer.needsPrivate && allowPrivate,
          share,
        });
      });
      await print(
        io,
        json,
        grid,
        ({ id, name, sentence }) => `Joined ${cleanLine(name)} as ${id}. ${cleanLine(sentence)}`,
      );
      return undefined;
    },
  });
}

/** @throws UsageError a pool knows a computer by its enrolment, and nobody's account */
function refuseAccount({ key, email, name, passwordStdin, create, agreeTerms }: JoinOptions): void {
  const given = [key, email, name, passwordStdin, create, agreeTerms];
  if (given.every((option) => option === undefined)) return;
  throw new UsageError('A pool is joined without an account.', 'gleaner grids join condor:enrolment.json');
}

/** @throws GleanerError what cannot be joined so, before anybody is asked for a secret */
function refuse(offer: ProjectOffer, allowPrivate: boolean): void {
  const name = cleanLine(offer.name);
  if (offer.kind === 'manager') {
    throw new GleanerError(
      'grid-unsupported',
      `${name} is an account manager, no project.`,
      `gleaner manager join ${cleanLine(offer.url)} --name NAME`,
    );
  }
  if (offer.runsHere === false) {
    throw new GleanerError('grid-unsupported', `${name} has no work for Gleaner's virtual machine.`);
  }
  if (offer.needsPrivate && !allowPrivate) {
    throw new GleanerError(
      'consent-required',
      `Some of what ${name} contacts is on a private network.`,
      "Say --on-company-network if it is your company's.",
    );
  }
}

async function readAccount({ io }: Context, offer: ProjectOffer, options: JoinOptions): Promise<Account> {
  const { key, email, create = false, passwordStdin = false } = options;
  const passwordHow = `${example} --email me@example.org --password-stdin < password.txt`;
  if (key !== undefined || (email === undefined && !create)) {
    const given = await readSecret(
      io,
      'Account key',
      key === '-' && !io.canAsk,
      `${example} --key - < key.txt`,
    );
    return parseAccount({ kind: 'key', key: given.trim() });
  }
  const label = offer.usesName ? 'Name of the account' : 'E-mail address';
  const login = await readLine(io, label, email, passwordHow);
  if (!create) {
    const password = await readSecret(io, 'Password', passwordStdin, passwordHow);
    return parseAccount({ kind: 'login', email: login, password });
  }
  if (!offer.canCreateAccount) {
    throw new GleanerError(
      'account-refused',
      `${cleanLine(offer.name)} makes no accounts from here.`,
      `Make one at ${cleanLine(offer.url)}, then join with its key.`,
    );
  }
  const name = await readLine(io, 'Name that others see', options.name, `${example} --create --name NAME`);
  if (offer.terms !== null) {
    await needConsent(io, options.agreeTerms === true, 'Do you agree to its terms above?', '--agree-terms');
  }
  const password = await readSecret(io, 'Password', passwordStdin, passwordHow);
  if (password.length < offer.minPasswordLength) {
    throw new GleanerError(
      'bad-request',
      `The password needs at least ${offer.minPasswordLength} characters here.`,
    );
  }
  return parseAccount({ kind: 'create', email: login, password, name, agreed: true });
}

/** @throws GleanerError `bad-request`, without what was given */
function parseAccount(given: unknown): Account {
  const account = Account.safeParse(given);
  if (account.success) return account.data;
  const [issue] = account.error.issues;
  throw new GleanerError('bad-request', `The account cannot be so: ${issue?.message ?? 'it is not valid'}.`);
}
