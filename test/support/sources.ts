import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const checkoutDir = path.resolve(import.meta.dirname, '../..');

export function parseSource(file: string, text: string): ts.SourceFile {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true, kind);
}

/** Every source file below these folders of the checkout whose name fits. */
export function sourcesBelow(dirs: readonly string[], fits: RegExp): ts.SourceFile[] {
  return dirs.flatMap((dir) =>
    readdirSync(path.join(checkoutDir, dir), { recursive: true, encoding: 'utf8' })
      .filter((name) => fits.test(name))
      .map((name) => path.join(dir, name))
      .map((file) => parseSource(file, readFileSync(path.join(checkoutDir, file), 'utf8'))),
  );
}

/** Calls `visit` with every node, the outer before the inner. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}

/** `file:line`, for a person who has to go there. */
export function placeIn(node: ts.Node): string {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
