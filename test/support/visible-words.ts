import ts from 'typescript';
import { placeIn, walk } from './sources.ts';

/** Attributes and properties that a person reads or hears. */
const visible = new Set([
  'alt',
  'aria-description',
  'aria-label',
  'aria-roledescription',
  'aria-valuetext',
  'cancel',
  'confirm',
  'data-name',
  'empty',
  'error',
  'example',
  'failure',
  'hiddenUnless',
  'hint',
  'label',
  'placeholder',
  'rows',
  'spoken',
  'title',
  'unit',
  'words',
]);

/** What is no word, but the same in every language. */
const noWords: ReadonlySet<string> = new Set(['KiB', 'MiB', 'GiB']);

const isWord = (text: string): boolean => /\p{L}/u.test(text) && !noWords.has(text.trim());

/** Words that stand in a component instead of the catalogue, each with its place. Pure. */
export function visibleWords(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const note = (node: ts.Node, text: string): void => {
    if (isWord(text)) found.push(`${placeIn(node)} “${text.trim()}”`);
  };
  walk(source, (node) => {
    if (ts.isJsxText(node)) note(node, node.text);
    else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) said(node, note);
    else if (ts.isJsxAttribute(node) && visible.has(node.name.getText())) said(node, note);
  });
  return found;
}

/** The literals that an expression may come to, but none of those that it hands to a function or another element. */
function said(node: ts.Node, note: (node: ts.Node, text: string) => void): void {
  if (ts.isCallExpression(node) || ts.isFunctionLike(node) || ts.isJsxAttributes(node)) return;
  if (ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node)) return;
  if (ts.isElementAccessExpression(node)) return;
  if (ts.isBinaryExpression(node) && comparisons.has(node.operatorToken.kind)) return;
  if (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node)
  ) {
    note(node, node.text);
  }
  if (ts.isConditionalExpression(node)) {
    said(node.whenTrue, note);
    said(node.whenFalse, note);
    return;
  }
  ts.forEachChild(node, (child) => {
    said(child, note);
  });
}

const comparisons: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.InKeyword,
]);
