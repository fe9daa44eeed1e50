import { libraryDir } from './recipe.ts';

/** What one appliance is made of. Packages are unpacked without running their maintainer scripts. */
export interface Appliance {
  readonly packages: readonly string[];
  /** Of these packages only these files and links are taken, and the copyright notice; `*` in a name stands for a version. */
  readonly keeps?: Readonly<Record<string, readonly string[]>>;
  /** What no workload needs, as paths in the appliance. Copyright notices stay. */
  readonly omits: readonly string[];
  /** Empty folders; those that the launch mounts over are among them. */
  readonly folders: readonly string[];
  /** Links and files that maintainer scripts would have made; names come before targets and texts. */
  readonly links: readonly (readonly [name: string, target: string])[];
  readonly texts: readonly (readonly [name: string, text: string])[];
  /** Programs of the recipe's own: their places below `resources/guest`, and in the appliance. */
  readonly programs: readonly (readonly [from: string, to: string])[];
  /** Folders with programs and libraries of its own, beside the usual ones. */
  readonly programDirs?: readonly string[];
  /** Its Python is compiled, without the modules whose libraries are missing. */
  readonly python?: boolean;
  /** Debian's certificate authorities as the one file that `update-ca-certificates` would have made. */
  readonly authorities?: boolean;
}

/** Where an appliance's Python keeps its library. */
export const pythonDir = 'usr/lib/python3.13';

/** Python's compiled modules whose libraries the appliance does not carry, by the beginning of their file names. */
export const omittedExtensions = [
  '_curses',
  '_dbm',
  '_gdbm',
  '_sqlite3',
  '_test',
  '_tkinter',
  '_xxtest',
  'readline',
];

/** Where Debian's package keeps the certificate authorities, and the file that programs read them from. */
export const authoritiesDir = 'usr/share/ca-certificates';
export const authoritiesPath = 'etc/ssl/certs/ca-certificates.crt';

/** The shell, its tools and the libraries that any program may count on. */
const commonPackages = [
  'base-files',
  'bash',
  'coreutils',
  'dash',
  'findutils',
  'grep',
  'gzip',
  'libacl1',
  'libattr1',
  'libbz2-1.0',
  'libc6',
  'libcap2',
  'libgcc-s1',
  'libgmp10',
  'liblzma5',
  'libpcre2-8-0',
  'libselinux1',
  'libssl3t64',
  'libstdc++6',
  'libsystemd0',
  'libtinfo6',
  'libzstd1',
  'mawk',
  'sed',
  'tar',
  'zlib1g',
];

const commonOmits = [
  'usr/share/bug',
  'usr/share/doc-base',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/menu',
  'usr/lib/systemd',
  'usr/lib/valgrind',
  'usr/lib/mime',
  'usr/share/applications',
  'usr/share/pixmaps',
  'usr/share/gcc',
  'usr/share/gdb',
  `${libraryDir}/gconv`,
  `${libraryDir}/audit`,
  `${libraryDir}/engines-3`,
];

const commonFolders = ['dev', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/local/bin'];

const commonLinks = [
  ['usr/bin/awk', 'mawk'],
  ['usr/bin/sh', 'dash'],
  ['etc/localtime', '/usr/share/zoneinfo/UTC'],
  ['etc/mtab', '/proc/self/mounts'],
] as const;

const commonTexts = [
  ['etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n'],
  ['etc/shells', '/bin/sh\n/bin/bash\n'],
] as const;

/** What jobs of the local grid run in. */
const base: Appliance = {
  packages: [
    ...commonPackages,
    'libexpat1',
    'libffi8',
    'libpython3.13-minimal',
    'libpython3.13-stdlib',
    'libuuid1',
    'python3.13-minimal',
  ],
  omits: [
    ...commonOmits,
    ...[
      'curses',
      'dbm',
      'ensurepip',
      'idlelib',
      'pydoc_data',
      'sqlite3',
      'test',
      'tkinter',
      'turtle.py',
      'turtledemo',
      'venv',
    ].map((name) => `${pythonDir}/${name}`),
  ],
  folders: [...commonFolders, 'job'],
  links: [...commonLinks, ['usr/bin/python3', 'python3.13'], ['usr/bin/python', 'python3.13']],
  texts: [
    ...commonTexts,
    ['etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/job:/bin/sh\n'],
    ['etc/group', 'root:x:0:\nnogroup:x:65534:\n'],
    ['etc/hosts', '127.0.0.1 localhost gleaner\n'],
  ],
  programs: [],
  python: true,
};

/**
 * The stock BOINC client. It is linked against X11 (to ask a display for the person's input; there is none here) and
 * against a libcurl that needs much; programs of projects count on the C++ and OpenMP libraries.
 */
const boinc: Appliance = {
  packages: [
    ...commonPackages,
    'boinc-client',
    'ca-certificates',
    'libboinc7t64',
    'libbrotli1',
    'libbsd0',
    'libcom-err2',
    'libcurl4t64',
    'libffi8',
    'libgnutls30t64',
    'libgomp1',
    'libgssapi-krb5-2',
    'libhogweed6t64',
    'libidn2-0',
    'libk5crypto3',
    'libkeyutils1',
    'libkrb5-3',
    'libkrb5support0',
    'libldap2',
    'libmd0',
    'libnettle8t64',
    'libnghttp2-14',
    'libnghttp3-9',
    'libp11-kit0',
    'libpsl5t64',
    'librtmp1',
    'libsasl2-2',
    'libssh2-1t64',
    'libtasn1-6',
    'libunistring5',
    'libx11-6',
    'libxau6',
    'libxcb1',
    'libxdmcp6',
    'libxext6',
    'libxss1',
  ],
  omits: [
    ...commonOmits,
    'etc/X11',
    'etc/boinc-client',
    'etc/ca-certificates',
    'etc/default',
    'etc/init.d',
    'etc/ldap',
    'usr/bin/boinccmd',
    'usr/bin/update-boinc-applinks',
    'usr/lib/udev',
    'usr/sbin/update-ca-certificates',
    'usr/share/bash-completion',
    'usr/share/boinc-client',
    'usr/share/p11-kit',
    ...['boinc_zip.so.8.0.4', 'boinc_zip.so.8', 'sched.so.8.0.4', 'sched.so.8'].map(
      (name) => `${libraryDir}/lib${name}`,
    ),
    `${libraryDir}/krb5`,
  ],
  folders: [...commonFolders, 'data'],
  links: commonLinks,
  texts: [
    ...commonTexts,
    [
      'etc/passwd',
      'root:x:0:0:root:/root:/bin/sh\nboinc:x:600:600:boinc:/data:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
    ],
    ['etc/group', 'root:x:0:\nboinc:x:600:\nnogroup:x:65534:\n'],
    ['etc/hosts', '127.0.0.1 localhost gleaner\n'],
  ],
  programs: [['boinc/boinc-agent', 'usr/lib/gleaner/boinc-agent']],
  authorities: true,
};

/** Users `slot1_1` to `slot1_32` of the condor appliance: one for each part that a slot is divided into. */
const slotUsers = Array.from({ length: 32 }, (_, i) => ({ name: `slot1_${i + 1}`, id: 1001 + i }));

/**
 * HTCondor's execute daemons, and nothing of a submit node, a central manager or other batch systems. Jobs count on what
 * jobs of the local grid have, and on the C++ and OpenMP libraries. busybox is the job wrapper's.
 */
const condor: Appliance = {
  packages: [...base.packages, 'busybox-static', 'condor', 'libgomp1'],
  keeps: {
    'busybox-static': ['usr/bin/busybox'],
    condor: [
      'usr/bin/condor_ping',
      'usr/lib/libclassad.so.*',
      'usr/lib/libcondor_utils_*.so',
      ...['chirp', 'shared_port'].map((name) => `usr/libexec/condor/condor_${name}`),
      ...['master', 'procd', 'startd', 'starter'].map((name) => `usr/sbin/condor_${name}`),
    ],
  },
  omits: base.omits,
  folders: [...commonFolders, 'var/lib/condor'],
  links: base.links,
  texts: [
    ...commonTexts,
    [
      'etc/passwd',
      [
        'root:x:0:0:root:/root:/bin/sh',
        ...slotUsers.map(({ name, id }) => `${name}:x:${id}:${id}:${name}:/:/bin/sh`),
        'nobody:x:65534:65534:nobody:/:/bin/sh\n',
      ].join('\n'),
    ],
    [
      'etc/group',
      ['root:x:0:', ...slotUsers.map(({ name, id }) => `${name}:x:${id}:`), 'nogroup:x:65534:\n'].join('\n'),
    ],
    ['etc/hosts', '127.0.0.1 localhost gleaner\n'],
  ],
  programs: [
    ...[
      'appliance.conf',
      'condor-agent',
      'condor_chirping.py',
      'condor_view.py',
      'job-room',
      'job-wrapper',
    ].map((name) => [`condor/${name}`, `usr/lib/gleaner/${name}`] as const),
  ],
  programDirs: ['usr/lib', 'usr/libexec/condor', 'usr/sbin'],
  python: true,
};

/** By name; each becomes `NAME.squashfs`. */
export const appliances: Readonly<Record<string, Appliance>> = { base, boinc, condor };
