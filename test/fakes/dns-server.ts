import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import type { Disposable } from '../../electron/base/disposal.ts';
import { nameServer } from '../../resources/dev/private-addresses.ts';

/** Addresses of both families; a name that does not exist; a server that fails; one that says nothing. */
export type DnsAnswer = readonly string[] | 'nxdomain' | 'servfail' | 'silent';

export interface DnsQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'other';
  /** How often this name was asked for this type before. A look-up of the system's asks once for each type. */
  readonly before: number;
}

const typeA = 1;
const typeAaaa = 28;
const codes = { noerror: 0, servfail: 2, nxdomain: 3 } as const;

/**
 * A fake name server: UDP only, A and AAAA only, answers from a table in which a function may answer differently
 * every time. Names are lower case; what is not in the table does not exist.
 */
export class FakeDnsServer implements Disposable {
  readonly #socket: Socket;
  readonly #answers = new Map<string, DnsAnswer | ((question: DnsQuestion) => DnsAnswer)>();
  /** All that was asked, in order. */
  readonly questions: DnsQuestion[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => {
      this.#reply(query, from);
    });
  }

  /** Listens where the private network's resolv.conf points. Rejects as `bind` does. */
  static async start(address = nameServer, port = 53): Promise<FakeDnsServer> {
    const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new FakeDnsServer(socket);
  }

  set(name: string, answer: DnsAnswer | ((question: DnsQuestion) => DnsAnswer)): void {
    this.#answers.set(name, answer);
  }

  async dispose(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #reply(query: Buffer, from: RemoteInfo): void {
    const asked = parseQuery(query);
    if (!asked) return;
    const { name, type, end } = asked;
    const kind = type === typeA ? 'A' : type === typeAaaa ? 'AAAA' : 'other';
    const before = this.questions.filter((known) => known.name === name && known.type === kind).length;
    const question = { name, type: kind, before } as const;
    this.questions.push(question);
    const entry = this.#answers.get(name) ?? 'nxdomain';
    const answer = typeof entry === 'function' ? entry(question) : entry;
    if (answer === 'silent') return;
    const code = typeof answer === 'string' ? codes[answer] : codes.noerror;
    const addresses = typeof answer === 'string' || kind === 'other' ? [] : answer;
    const records = addresses
      .filter((address) => isIPv4(address) === (kind === 'A'))
      .map((address) => record(type, address));
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // A response, with recursion asked for and available.
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    this.#socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address);
  }
}

/** The one question of a query (RFC 1035, 4.1.2); undefined for anything else. */
function parseQuery(query: Buffer): { name: string; type: number; end: number } | undefined {
  if (query.length < 17 || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let size = query[at] ?? 0; size !== 0; size = query[at] ?? 0) {
    if (size > 63 || at + size + 5 >= query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + size).toLowerCase());
    at += size + 1;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A resource record that must not be kept (TTL 0); its name points at the question's. */
function record(type: number, address: string): Buffer {
  const data = type === typeA ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  // A URL writes IPv6 in groups only, also where the last four bytes came in dots.
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [left = '', right = ''] = groups.split('::');
  const parts = (text: string) => text.split(':').filter((group) => group !== '');
  const zeros = 8 - parts(left).length - parts(right).length;
  const all = groups.includes('::')
    ? [...parts(left), ...Array<string>(zeros).fill('0'), ...parts(right)]
    : parts(left);
  const bytes = Buffer.alloc(16);
  all.forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  return bytes;
}
