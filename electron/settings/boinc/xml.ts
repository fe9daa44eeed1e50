import { GleanerError } from '../../contract/failures.ts';

/** BOINC's preferences as they are written; of fields that come twice the last one counts. */
export interface BoincPreferences {
  /** Text by name; empty for `<run_on_batteries/>`. */
  readonly fields: ReadonlyMap<string, string>;
  /** Each `<day_prefs>`. */
  readonly days: readonly ReadonlyMap<string, string>[];
  /** Names of the `<venue>`s, which hold other preferences for other places. */
  readonly venues: readonly string[];
}

/** In UTF-16 units, as the contract bounds it. */
const maxLength = 256 * 1024;

/** Reads `<global_preferences>`. Rejects with `bad-request`. Entities and document types are refused, not expanded. */
export async function parseBoincXml(xml: string): Promise<BoincPreferences> {
  if (xml.length > maxLength) throw notPreferences('it is larger than 256 KiB');
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) throw notPreferences('it declares a document type');
  // Needed once in the life of most computers.
  const { XMLParser } = await import('fast-xml-parser');
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    processEntities: false,
    parseTagValue: false,
    maxNestedTags: 8,
  });
  let nodes: unknown;
  try {
    nodes = parser.parse(xml);
  } catch (error) {
    throw notPreferences(error instanceof Error ? error.message.slice(0, 200) : 'it is not XML');
  }
  const root = elementsOf(nodes).find(({ name }) => name === 'global_preferences');
  if (root === undefined) throw notPreferences('it has no <global_preferences>');
  // The parser takes what is cut off for whole; BOINC does not.
  if (!/<\/global_preferences\s*>|<global_preferences\s*\/>/.test(xml))
    throw notPreferences('its end is missing');
  const inside = elementsOf(root.children);
  return {
    fields: fieldsOf(inside.filter(({ name }) => name !== 'day_prefs' && name !== 'venue')),
    days: inside
      .filter(({ name }) => name === 'day_prefs')
      .map(({ children }) => fieldsOf(elementsOf(children))),
    venues: inside
      .filter(({ name }) => name === 'venue')
      .map(({ attributes }) => attributes.get('name') ?? ''),
  };
}

interface Element {
  readonly name: string;
  readonly children: unknown;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The parser's ordered form: `[{ tag: [children…], ':@': { attribute: text } }, { '#text': text }]`. */
function elementsOf(nodes: unknown): Element[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: unknown) => {
    if (node === null || typeof node !== 'object') return [];
    const entries = Object.entries(node) as [string, unknown][];
    const tag = entries.find(([name]) => name !== ':@' && name !== '#text' && !name.startsWith('?'));
    if (tag === undefined) return [];
    const attributes: unknown = entries.find(([name]) => name === ':@')?.[1] ?? {};
    return [
      {
        name: tag[0],
        children: tag[1],
        attributes: new Map(Object.entries(attributes as Record<string, string>)),
      },
    ];
  });
}

function fieldsOf(elements: readonly Element[]): ReadonlyMap<string, string> {
  return new Map(elements.map(({ name, children }) => [name, textOf(children)]));
}

function textOf(nodes: unknown): string {
  if (!Array.isArray(nodes)) return '';
  return nodes
    .map((node: unknown) => {
      const text: unknown = node !== null && typeof node === 'object' && '#text' in node ? node['#text'] : '';
      return typeof text === 'string' ? text : '';
    })
    .join('')
    .trim();
}

function notPreferences(why: string): GleanerError {
  return new GleanerError(
    'bad-request',
    `These are not BOINC's preferences: ${why}.`,
    'They are in global_prefs.xml or global_prefs_override.xml in the data folder of BOINC.',
  );
}
