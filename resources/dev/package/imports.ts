/** The modules that a bundle of ours imports from outside, Node's and Electron's left out; sorted. Pure. */
export function externalImports(code: string): string[] {
  const found = [
    ...code.matchAll(
      /\bfrom\s*["']([^"'\n]+)["']|\bimport\s*\(\s*["']([^"'\n]+)["']\s*\)|^import\s*["']([^"'\n]+)["']/gm,
    ),
  ];
  const names = found.map(([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? '');
  // Words of a sentence may look like an import.
  return [...new Set(names.filter((name) => /^@?[\w-][\w./-]*$/.test(name) && name !== 'electron'))].sort();
}

/** The package of a module: `tuf-js` of `tuf-js/dist/error.js`. Pure. */
export function packageNameOf(module: string): string {
  return module.split('/', module.startsWith('@') ? 2 : 1).join('/');
}
