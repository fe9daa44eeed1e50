// Adds to package-lock.json the optional platform packages that npm left out because the registry did not serve them
// (`npm ci` refuses such a lock: "Missing: … from lock file"). Run in the folder of the lock after every `npm i`.
import { readFileSync, writeFileSync } from 'node:fs';

const file = 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const osNames = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openharmony',
  'win32',
  'netbsd',
  'openbsd',
  'sunos',
  'aix',
];
const cpus = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32'];
const added = [];
const find = (from, name) => {
  for (let dir = from; ; ) {
    const place = `${dir === '' ? '' : `${dir}/`}node_modules/${name}`;
    if (lock.packages[place]) return place;
    if (dir === '') return undefined;
    dir = dir.includes('/node_modules/') ? dir.slice(0, dir.lastIndexOf('/node_modules/')) : '';
  }
};
for (const [place, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (find(place, name) || !/^\d+\.\d+\.\d+/.test(version)) continue;
    const words = name.split('/').at(-1).split('-');
    const os = osNames.filter((o) => words.includes(o));
    const cpu = cpus.filter((c) => words.includes(c));
    if (os.length === 0) {
      console.log('skipped', place, name, version);
      continue;
    }
    const made = { version };
    if (cpu.length) made.cpu = cpu;
    if (entry.dev) made.dev = true;
    const libc = words.some((w) => w.startsWith('musl'))
      ? 'musl'
      : words.some((w) => w === 'gnu' || w.startsWith('gnueabi'))
        ? 'glibc'
        : undefined;
    if (libc) made.libc = [libc];
    if (entry.license) made.license = entry.license;
    made.optional = true;
    made.os = os;
    if (entry.engines) made.engines = entry.engines;
    const target = `node_modules/${name}`;
    lock.packages[target] = made;
    added.push(target);
  }
}
const [root, ...rest] = Object.entries(lock.packages);
rest.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...rest]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${added.length}`);
