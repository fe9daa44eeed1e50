import type { KnownProject } from '../../contract/grids.ts';

/**
 * Well-known public projects, so that nobody has to search for an address. None of this was looked at on the
 * projects' own sites while the list was made: `source` says where each entry comes from, and what a project says
 * when it is looked up counts. Hosts that are missing here show up as denials, which a click allows.
 */
const asOf = '2026-11-26';
const addressList = 'address as in public lists of BOINC projects, the rest from memory';

interface Entry {
  readonly url: string;
  readonly name: string;
  readonly area: string;
  readonly about: string;
  /** Names that answer on 80 and 443; `*.` for servers that come and go by number. */
  readonly hosts?: readonly string[];
  readonly source: string;
}

const entries: readonly Entry[] = [
  {
    url: 'https://einsteinathome.org/',
    name: 'Einstein@Home',
    area: 'Astrophysics',
    about:
      'Searches data of gravitational-wave detectors, radio and gamma-ray telescopes for spinning neutron stars.',
    hosts: [
      'scheduler.einsteinathome.org',
      'einstein.phys.uwm.edu',
      'einstein-dl.syr.edu',
      '*.aei.uni-hannover.de',
    ],
    source: 'hosts as in the read-me of a public script that runs it behind a firewall, the rest from memory',
  },
  {
    url: 'https://boinc.bakerlab.org/rosetta/',
    name: 'Rosetta@home',
    area: 'Biology',
    about: 'Predicts and designs the shapes of proteins, which make cures for diseases possible.',
    hosts: [
      'bwsrv1.bakerlab.org',
      'srv1.bakerlab.org',
      'srv2.bakerlab.org',
      'srv3.bakerlab.org',
      'srv4.bakerlab.org',
    ],
    source:
      'hosts as in dc.planet3dnow.de/wiki (Hosts-Einträge) and an old server status page, the rest from memory',
  },
  {
    url: 'https://www.worldcommunitygrid.org/',
    name: 'World Community Grid',
    area: 'Medicine and environment',
    about:
      'Runs research of many institutions: cancer markers, drugs against infections, rainfall in Africa.',
    hosts: [
      'scheduler.worldcommunitygrid.org',
      'download.worldcommunitygrid.org',
      'upload.worldcommunitygrid.org',
      'grid.worldcommunitygrid.org',
    ],
    source: 'download host as in public scripts for its statistics, the rest from memory',
  },
  {
    url: 'https://lhcathome.cern.ch/lhcathome/',
    name: 'LHC@home',
    area: 'Physics',
    about:
      'Simulates particles in CERN’s accelerators. Many of its tasks need VirtualBox and cannot run here.',
    hosts: ['lhcathome-upload.cern.ch', 'lhcathome-download.cern.ch'],
    source: addressList,
  },
  {
    url: 'https://milkyway.cs.rpi.edu/milkyway/',
    name: 'MilkyWay@home',
    area: 'Astronomy',
    about: 'Models the streams of stars around our galaxy from sky surveys.',
    hosts: ['milkyway2.phys.rpi.edu'],
    source: 'hosts as in dc.planet3dnow.de/wiki (Hosts-Einträge), the rest from memory',
  },
  {
    url: 'https://main.cpdn.org/',
    name: 'Climateprediction.net',
    area: 'Climate',
    about:
      'Runs climate models of the Met Office many times over, to learn how sure predictions are. Tasks take days.',
    hosts: ['*.cpdn.org'],
    source: addressList,
  },
  {
    url: 'https://asteroidsathome.net/boinc/',
    name: 'Asteroids@home',
    area: 'Astronomy',
    about: 'Finds the shapes and spins of asteroids from how their brightness changes.',
    source: addressList,
  },
  {
    url: 'https://www.primegrid.com/',
    name: 'PrimeGrid',
    area: 'Mathematics',
    about: 'Searches for large prime numbers of special forms.',
    hosts: ['primegrid.com'],
    source: addressList,
  },
  {
    url: 'https://numberfields.asu.edu/NumberFields/',
    name: 'NumberFields@home',
    area: 'Mathematics',
    about: 'Makes tables of number fields with special properties.',
    source: addressList,
  },
  {
    url: 'https://escatter11.fullerton.edu/nfs/',
    name: 'NFS@Home',
    area: 'Mathematics',
    about: 'Factors large integers by the number field sieve, which tells how safe encryption is.',
    source: addressList,
  },
  {
    url: 'https://sech.me/boinc/Amicable/',
    name: 'Amicable Numbers',
    area: 'Mathematics',
    about: 'Searches for all pairs of amicable numbers up to a bound.',
    source: addressList,
  },
  {
    url: 'https://www.rechenkraft.net/yoyo/',
    name: 'yoyo@home',
    area: 'Mathematics',
    about: 'Brings other distributed projects to BOINC, such as factoring by elliptic curves.',
    source: addressList,
  },
  {
    url: 'https://www.sidock.si/sidock/',
    name: 'SiDock@home',
    area: 'Medicine',
    about: 'Docks molecules to proteins of viruses, to find candidates for drugs.',
    source: addressList,
  },
  {
    url: 'https://denis.usj.es/denisathome/',
    name: 'DENIS@Home',
    area: 'Medicine',
    about: 'Simulates the electrical activity of the heart.',
    source: addressList,
  },
  {
    url: 'https://gene.disi.unitn.it/test/',
    name: 'TN-Grid',
    area: 'Biology',
    about: 'Extends what is known of networks of genes from data on how they are expressed.',
    source: addressList,
  },
  {
    url: 'https://rake.boincfast.ru/rakesearch/',
    name: 'RakeSearch',
    area: 'Mathematics',
    about: 'Searches for orthogonal Latin squares and the like.',
    source: addressList,
  },
  {
    url: 'https://rnma.xyz/boinc/',
    name: 'Ramanujan Machine',
    area: 'Mathematics',
    about: 'Searches for new formulas of the constants of mathematics.',
    source: addressList,
  },
  {
    url: 'https://boinc.loda-lang.org/loda/',
    name: 'LODA',
    area: 'Mathematics',
    about: 'Searches for programs that make the sequences of the encyclopedia of integer sequences.',
    source: addressList,
  },
];

export const knownProjects: readonly KnownProject[] = entries.map(
  ({ url, name, about, area, hosts = [], source }) => ({
    url,
    name,
    about,
    area,
    hosts: hosts.flatMap((host) => [
      { host, port: 443 },
      { host, port: 80 },
    ]),
    source,
    asOf,
    verified: false,
  }),
);
