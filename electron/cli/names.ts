import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import { GridId } from '../contract/grids.ts';
import { parseHostPort } from '../contract/network.ts';
import { UsageError } from './context.ts';
import { cleanLine } from './text.ts';

/** What cannot be a grid's id names no grid. @throws GleanerError `not-joined` */
export function gridId(id: string): string {
  if (GridId.safeParse(id).success) return id;
  throw new GleanerError(
    'not-joined',
    `There is no grid "${cleanLine(id).slice(0, 80)}".`,
    'See "gleaner grids list".',
  );
}

/** `example.org:443` or `[2001:db8::1]:443`. @throws UsageError */
export function parsePlace(text: string): { host: string; port: number } {
  const place = parseHostPort(text.trim());
  if (place) return place;
  throw new UsageError(
    `"${cleanLine(text).slice(0, 80)}" is no place on the network.`,
    'It is written like example.org:443 or [2001:db8::1]:443.',
  );
}

/** The reverse of {@link parsePlace}. */
export function showPlace({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address of a project: `boinc:https://…`, or without the kind. */
export function projectUrl(text: string): string {
  return text.replace(/^boinc:(?!\/)/, '');
}

/** The option by which somebody says that a private address is their company's. */
export const onCompanyNetwork = (command: Command): Command =>
  command.option('--on-company-network', "its address may be a private one: it is on my company's network");
