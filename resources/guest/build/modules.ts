import { basename } from 'node:path';

/**
 * The modules to load for the wanted ones, each after those that it needs. Pure.
 * @param dep text of depmod's modules.dep: `path: path path…`, a module's needs in reverse order of loading
 * @param builtin text of modules.builtin: what the kernel has without loading
 * @param wanted module names, hyphen and underscore being the same
 * @returns paths relative to the folder of modules.dep
 * @throws Error with the name of a module that the kernel does not have at all
 */
export function loadOrder(dep: string, builtin: string, wanted: readonly string[]): string[] {
  const needs = new Map<string, { path: string; before: string[] }>();
  for (const line of dep.split('\n')) {
    const [path, before] = line.split(':');
    if (path === undefined || before === undefined) continue;
    needs.set(nameOf(path), {
      path,
      before: before
        .trim()
        .split(/\s+/)
        .filter((p) => p !== '')
        .reverse(),
    });
  }
  const present = new Set(builtin.split('\n').map(nameOf));
  const order = new Set<string>();
  for (const module of wanted) {
    const found = needs.get(nameOf(module));
    if (found === undefined) {
      if (present.has(nameOf(module))) continue;
      throw new Error(module);
    }
    for (const path of found.before) order.add(path);
    order.add(found.path);
  }
  return [...order];
}

function nameOf(path: string): string {
  return basename(path)
    .replace(/\.ko(?:\.\w+)?$/, '')
    .replaceAll('-', '_');
}
