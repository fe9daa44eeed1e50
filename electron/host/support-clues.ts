import { realpathSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { EffectiveSetting, GridDetail, PolicyReport, SettingKey, Snapshot } from '../contract/index.ts';
import { OrganizationProject } from '../contract/index.ts';
import type { Clues } from './support-redact.ts';

/** What the computer itself gives away. */
export type ComputerClues = Pick<Clues, 'homes' | 'dataDirs' | 'userNames' | 'hostNames'>;

/** Of this computer and the user that the host runs as. */
export function computerClues(env: Readonly<Record<string, string | undefined>>): ComputerClues {
  const home = homedir();
  const name = hostname();
  const dataDir = env['GLEANER_HOME'];
  const users = [userInfo().username, env['USER'], env['LOGNAME'], env['USERNAME'], env['SUDO_USER']];
  return {
    homes: [home, real(home)],
    dataDirs: dataDir ? [dataDir, resolve(dataDir), real(dataDir)] : [],
    userNames: users.filter((user) => user !== undefined),
    hostNames: [name, name.split('.')[0] ?? name],
  };
}

/** All that is known from what the host answered about itself. Pure. */
export function cluesIn(
  computer: ComputerClues,
  o: {
    readonly status: Pick<Snapshot, 'jobs' | 'manager'>;
    readonly settings: readonly EffectiveSetting[];
    readonly details: readonly GridDetail[];
    readonly policy: Pick<PolicyReport, 'organization'>;
  },
): Clues {
  const { status, settings, details, policy } = o;
  const valueOf = (key: SettingKey): unknown => settings.find((setting) => setting.key === key)?.value;
  const projects = z.array(OrganizationProject).safeParse(valueOf('grids.boinc')).data ?? [];
  const contacts = [...details, ...projects].flatMap((grid) => grid.contacts);
  const privateContacts = contacts.filter((contact) => contact.private).map(({ host }) => host);
  const proxy = z.string().safeParse(valueOf('network.proxy')).data ?? '';
  const programs = z.array(z.string()).safeParse(valueOf('pauseOn.programs')).data ?? [];
  const isPrivate = ({ grid }: GridDetail): boolean => privateContacts.includes(hostOf(grid.url ?? ''));
  return {
    ...computer,
    privateHosts: [...privateContacts, hostOf(proxy.replace(/^pac\+/, ''))].map((host) =>
      host.replace(/^\*\./, ''),
    ),
    names: [
      policy.organization,
      status.manager?.userName,
      ...programs,
      ...status.jobs.flatMap(({ title, owner }) => [title, owner]),
      ...details.map(({ userName }) => userName),
      ...details.filter(isPrivate).flatMap(({ grid }) => [grid.id, grid.name]),
    ].filter((name) => name != null),
    secrets: projects.map(({ key }) => key),
  };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Empty for what is no address. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
