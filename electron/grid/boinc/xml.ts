import { XMLParser } from 'fast-xml-parser';
import { GleanerError } from '../../contract/failures.ts';

/**
 * Reads BOINC's XML: a flat tree of elements with text. What comes is often not well-formed (text is written as
 * it is, elements come twice or in another order, `<flag/>` stands for true), and always hostile. Attributes
 * are not read. Everything below runs in linear time.
 */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** As it was written, entities included. */
  readonly raw: string;
}

/** UTF-16 units. */
export const maxXmlLength = 8 * 1024 * 1024;
/** Each takes some hundred bytes once it is read. */
const maxTags = 300_000;
const maxDepth = 12;

/** Elements that hold text and nothing else, which its writer may not have escaped. */
const textElements = [
  'body',
  'description',
  'error_msg',
  'message',
  'opaque',
  'project_name',
  'signing_key',
  'team_name',
  'terms_of_use',
  'title',
  'url_signature',
  'user_name',
] as const;

/**
 * The document as an element without a name whose children are the topmost ones. Entities are not expanded and
 * document types refused. Rejects with `grid-protocol`; `writer` begins the sentence: "The project".
 * @param byLines whether an element that begins and ends on one line holds nothing but text, as a client writes it
 */
export function parseXml(text: string, writer: string, byLines = false): XmlElement {
  if (text.length > maxXmlLength) throw unreadable(writer, 'it is larger than 8 MiB');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw unreadable(writer, 'it declares a document type');
  if (countTags(text) > maxTags) throw unreadable(writer, 'it has too many parts');
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    processEntities: false,
    parseTagValue: false,
    trimValues: false,
    maxNestedTags: maxDepth,
  });
  try {
    return toElement('', parser.parse(shieldText(text, byLines)));
  } catch (error) {
    throw unreadable(writer, error instanceof Error ? error.message.slice(0, 100) : 'it is not XML');
  }
}

function unreadable(writer: string, why: string): GleanerError {
  const words = cleanText(why, 200).replaceAll('\n', ' ').replace(/\.$/, '');
  return new GleanerError('grid-protocol', `${writer} sent something that cannot be read: ${words}.`);
}

function countTags(text: string): number {
  let count = 0;
  for (let at = text.indexOf('<'); at >= 0 && count <= maxTags; at = text.indexOf('<', at + 1)) count += 1;
  return count;
}

/** Puts text into CDATA, so that a "<" in a message or a name shifts nothing around it. */
function shieldText(text: string, byLines: boolean): string {
  const opening = new RegExp(`<(${textElements.join('|')})>`, 'g');
  const between = byLines ? shieldLines : (part: string): string => part;
  const unclosed = new Set<string>();
  const parts: string[] = [];
  let done = 0;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const [tag, name = ''] = found;
    if (unclosed.has(name)) continue;
    const start = found.index + tag.length;
    const end = text.indexOf(`</${name}>`, start);
    if (end < 0) {
      // None follows further on either: looked for once, not once for each.
      unclosed.add(name);
      continue;
    }
    parts.push(between(text.slice(done, start)), wrapCdata(text.slice(start, end)));
    done = end;
    opening.lastIndex = end;
  }
  return parts.join('') + between(text.slice(done));
}

function shieldLines(text: string): string {
  const lines = text.split('\n').map((line) => {
    const name = /^\s*<([a-zA-Z0-9_]{1,64})>/.exec(line)?.[1];
    const whole = line.trim();
    if (name === undefined || !whole.endsWith(`</${name}>`)) return line;
    return `<${name}>${wrapCdata(whole.slice(name.length + 2, -name.length - 3))}</${name}>`;
  });
  return lines.join('\n');
}

function wrapCdata(content: string): string {
  return `<![CDATA[${unwrapCdata(content)}]]>`;
}

function unwrapCdata(content: string): string {
  const trimmed = content.trim();
  const inner = trimmed.startsWith('<![CDATA[') && trimmed.endsWith(']]>') ? trimmed.slice(9, -3) : content;
  return inner.replaceAll(']]>', ']]&gt;');
}

/** The parser's ordered form: `[{ tag: [children…] }, { '#text': text }]`. */
function toElement(name: string, nodes: unknown): XmlElement {
  const children: XmlElement[] = [];
  let raw = '';
  for (const node of Array.isArray(nodes) ? (nodes as unknown[]) : []) {
    if (node === null || typeof node !== 'object') continue;
    for (const [tag, content] of Object.entries(node)) {
      if (tag === '#text') raw += typeof content === 'string' ? content : '';
      else if (tag !== ':@') children.push(toElement(tag, content));
    }
  }
  return { name, children, raw };
}

/** The first element of this name among the children; undefined: there is none. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first element of this name at any depth, in the order of the document. */
export function findElement(element: XmlElement, name: string): XmlElement | undefined {
  for (const child of element.children) {
    const found = child.name === name ? child : findElement(child, name);
    if (found) return found;
  }
  return undefined;
}

/** Text of the child `name` on one line, cleaned, at most `max` UTF-16 units; '' when there is none. */
export function textOf(element: XmlElement | undefined, name: string, max: number): string {
  return lineOf(childOf(element, name)?.raw ?? '', max);
}

/** Like {@link textOf} for text that is at hand. */
export function lineOf(raw: string, max: number): string {
  return cleanText(decodeEntities(raw.slice(0, 8 * max + 1000)).replaceAll(/\s+/g, ' '), max);
}

/** `<flag/>`, `<flag>1</flag>`; false for `<flag>0</flag>` and where there is none. */
export function flagOf(element: XmlElement | undefined, name: string): boolean {
  const child = childOf(element, name);
  if (child === undefined) return false;
  const words = child.raw.trim().toLowerCase();
  return words !== '0' && words !== 'false' && !/^0+(\.0+)?$/.test(words);
}

/** The child's number, brought between `min` and `max`; undefined where there is none. */
export function numberOf(
  element: XmlElement | undefined,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number | undefined {
  const words = childOf(element, name)?.raw.trim() ?? '';
  if (!/^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[+-]?\d{1,4})?$/i.test(words)) return undefined;
  const value = Number(words);
  return Number.isNaN(value) ? undefined : Math.min(max, Math.max(min, value));
}

/** Like {@link numberOf}, without its fraction. */
export function integerOf(
  element: XmlElement | undefined,
  name: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const value = numberOf(element, name, bounds);
  return value === undefined ? undefined : Math.trunc(value) + 0;
}

/** Without control characters and those that turn the direction of text; at most `max` units, no half character. */
export function cleanText(text: string, max: number): string {
  return text
    .slice(0, 2 * max + 1000)
    .replaceAll(/(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '')
    .trim()
    .slice(0, max)
    .replace(/[\ud800-\udbff]$/, '');
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  gt: '>',
  lt: '<',
  nbsp: ' ',
  quot: '"',
};

/** The five entities of XML, `&nbsp;`, and characters by number; anything else stays as it is. Once, not again. */
export function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, ...groups) => {
    const [decimal, hex, name] = groups as (string | undefined)[];
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code);
  });
}

/** For text between tags in what we write ourselves. */
export function escapeXml(text: string): string {
  return cleanText(text, 65_536).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
