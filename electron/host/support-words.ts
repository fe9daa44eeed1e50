/** The folder that everything lies in. */
export const supportFolder = 'gleaner-support';

/** What a support bundle holds, by the names of its files, in words for its README. */
export const supportFiles = {
  'doctor.json': 'what "gleaner doctor" said',
  'versions.json': 'versions of Gleaner and of what it runs on',
  'status.json': 'what it did at that moment, its virtual machines, and what was wrong',
  'settings.json': 'every setting in force and where it comes from',
  'policy.json': 'what the rules allowed and why, and what was known of the computer',
  'grids.json': 'the grids by their public addresses, with counts',
  'network.json': 'bytes, quotas, and how often what was refused',
  'ledger.json': 'numbers about the latest entries, and whether the chain is whole',
  'yields.json': 'how fast the computer was given back',
  'log.txt': 'the newest lines of the log',
} as const;

export type SupportFile = keyof typeof supportFiles;

/** README.txt of a bundle. `madeAt`: epoch ms. Pure. */
export function supportReadme(version: string, madeAt: number): string {
  const width = Math.max(...Object.keys(supportFiles).map((name) => name.length));
  const files = Object.entries(supportFiles).map(([name, what]) => `  ${name.padEnd(width)}  ${what}`);
  return `Gleaner ${version}, support bundle, ${new Date(madeAt).toISOString()}

This folder describes how Gleaner fares on one computer, for somebody who helps. Nothing was sent anywhere:
the file is yours, and you may read and cut it before you give it away. It holds:

${files.join('\n')}

Left out altogether: account keys, passwords and certificates; names of accounts and of this computer's number at a
project; titles, owners, inputs and results of jobs; messages of projects; names of programs to pause for. The log may hold
the last words of a virtual machine's console.

Replaced wherever they stood: your home folder (~), Gleaner's data folder [data] where GLEANER_HOME names it, your user name [user], this computer's name [computer], e-mail
addresses and logins [address], names of your organization and accounts [name], hosts of private networks
[private host], private IP addresses [private address], hardware addresses [hardware address], logins and query
strings of addresses, authorization headers [authorization], and whatever looks like a key or password ([key], [secret],
[certificate or key]).

This is done by known names and by shapes. It takes out too much rather than too little, but no program knows
everything that is private to you: have a look before you send it.
`;
}
