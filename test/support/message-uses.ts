import ts from 'typescript';
import { placeIn, walk } from './sources.ts';

/** A place in the sources that names a message, or with `${…}` several. */
export interface Use {
  readonly place: string;
  readonly fits: (key: string) => boolean;
  /** The names of the values that are handed over; null where the place does not tell. */
  readonly values: readonly string[] | null;
}

/**
 * `${…}` in a key stands for one segment, but for these, where it is a setting's key, the code of what the host says, or
 * a check with its code.
 */
const dotted = ['preferences:name.', 'said:', 'health:check.', 'health:hint.'];

/**
 * Every use of a message: a literal that looks like a key of one of `parts`, or a template that begins like one.
 * Pure.
 */
export function usesIn(source: ts.SourceFile, parts: readonly string[]): Use[] {
  const uses: Use[] = [];
  const isKey = new RegExp(`^(${parts.join('|')}):\\S+$`);
  walk(source, (node) => {
    if (ts.isStringLiteralLike(node) && isKey.test(node.text)) {
      const { text } = node;
      uses.push({ place: placeIn(node), fits: (key) => key === text, values: valuesBeside(node) });
    } else if (ts.isTemplateExpression(node) && isKey.test(`${node.head.text}x`)) {
      const shape = shapeOf(node);
      uses.push({ place: placeIn(node), fits: (key) => shape.test(key), values: valuesBeside(node) });
    }
  });
  return uses;
}

function shapeOf({ head, templateSpans }: ts.TemplateExpression): RegExp {
  const one = dotted.includes(head.text) ? '.+' : '[^.]+';
  const exact = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${exact(head.text)}${templateSpans.map(({ literal }) => one + exact(literal.text)).join('')}$`,
  );
}

/** What `t(key, { … })` hands over. */
function valuesBeside(key: ts.Expression): string[] | null {
  const call = key.parent;
  if (!ts.isCallExpression(call) || !ts.isIdentifier(call.expression) || call.expression.text !== 't')
    return null;
  const values = call.arguments[1];
  if (values === undefined) return [];
  if (!ts.isObjectLiteralExpression(values)) return null;
  const names = values.properties.map(({ name }) => (name && ts.isIdentifier(name) ? name.text : null));
  return names.every((name) => name !== null) ? names : null;
}
