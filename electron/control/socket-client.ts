import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import {
  type CommandInput,
  type CommandOutput,
  type DownloadCommandName,
  HostEvent,
  type PlainCommandName,
  type UploadCommandName,
} from '../contract/commands.ts';
import { fromFailure, GleanerError } from '../contract/failures.ts';
import type { PresenceReport } from '../contract/policy.ts';
import { parseInput, parseOutput } from './dispatch.ts';
import { type EndpointPaths, hasCode, notYours, socketPathOf } from './endpoint.ts';
import {
  asciiJson,
  bytesType,
  endTrailer,
  eventsPath,
  eventsType,
  inputHeader,
  jsonType,
  parseAnswer,
  sessionPath,
  tarType,
} from './wire.ts';

/** Larger answers are not believed, in bytes. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** More that a host has not taken yet is not sent, in bytes. */
const maxUnreadBytes = 64 * 1024;

const hostLeft = (): GleanerError =>
  new GleanerError(
    'host-not-running',
    'Gleaner went away before it had answered.',
    'Start it again, then look with "gleaner status".',
  );

/** A failure to reach the host, in words. */
function connectionFailure(error: unknown, hint: string): GleanerError {
  if (hasCode(error, 'ENOENT', 'ECONNREFUSED')) {
    return new GleanerError('host-not-running', 'Gleaner is not running.', hint);
  }
  if (hasCode(error, 'EACCES', 'EPERM')) return notYours();
  return hostLeft();
}

/** A client of {@link serveSocket}: one connection per question. Failures of the host are thrown as they are. */
export class SocketClient {
  readonly #socketPath: string;
  readonly #hint: string;

  /**
   * @param hint how the host is started, for whoever finds it not running
   * @throws GleanerError `platform-not-ready`, `storage-failed`
   */
  constructor(
    paths: EndpointPaths,
    platform: NodeJS.Platform = process.platform,
    hint = 'Start the application, or "gleaner run --headless".',
  ) {
    this.#socketPath = socketPathOf(paths, platform);
    this.#hint = hint;
  }

  async call<N extends PlainCommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
    return await this.#ask('POST', `/v1/${name}`, { 'content-type': jsonType }, async (request) => {
      request.end(JSON.stringify(parseInput(name, input)));
      return parseOutput(name, await readAnswer(await responseTo(request, this.#hint)));
    });
  }

  /** @throws also what `body` throws; the host then sees an upload that broke off */
  async upload<N extends UploadCommandName>(
    name: N,
    input: CommandInput<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>> {
    const headers = { 'content-type': tarType, [inputHeader]: asciiJson(parseInput(name, input)) };
    return await this.#ask('POST', `/v1/${name}`, headers, async (request) => {
      const response = responseTo(request, this.#hint);
      // The host may refuse before it has read everything: its answer counts more than our sending.
      await Promise.race([sendBody(request, body), response]);
      return parseOutput(name, await readAnswer(await response));
    });
  }

  /** The bytes must be read to the end, or the iteration left, for the connection to be given back. */
  async download<N extends DownloadCommandName>(
    name: N,
    input: CommandInput<N>,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { request, end } = this.#open('POST', `/v1/${name}`, { 'content-type': jsonType });
    try {
      request.end(JSON.stringify(parseInput(name, input)));
      const response = await responseTo(request, this.#hint);
      if (response.headers['content-type'] === bytesType) return downloadedBytes(response, end);
      await readAnswer(response);
      throw hostLeft();
    } catch (error) {
      end();
      throw error;
    }
  }

  /** The current Snapshot, then every change, until the iteration is left or `signal` aborts it. */
  async *events(signal?: AbortSignal): AsyncGenerator<HostEvent, void, undefined> {
    yield* this.#follow(['GET', eventsPath, {}], signal, (request) => {
      request.end();
    });
  }

  /**
   * The same of a service of the machine, to which this is a person's session as long as the iteration lasts: what is handed to the
   * function that `onOpen` gets is on its way when that returns.
   */
  async *session(
    onOpen: (tell: (report: PresenceReport) => void) => void,
    signal?: AbortSignal,
  ): AsyncGenerator<HostEvent, void, undefined> {
    const headers = { 'content-type': eventsType };
    yield* this.#follow(['POST', sessionPath, headers], signal, (request) => {
      request.flushHeaders();
      request.once('response', () => {
        onOpen((report) => {
          // Whoever does not read for so long does not answer either.
          if (request.writableLength > maxUnreadBytes) request.destroy();
          else request.write(`${JSON.stringify(report)}\n`);
        });
      });
    });
  }

  async *#follow(
    where: readonly [method: string, path: string, headers: Record<string, string>],
    signal: AbortSignal | undefined,
    begin: (request: ClientRequest) => void,
  ): AsyncGenerator<HostEvent, void, undefined> {
    const { request, end } = this.#open(...where);
    const aborted = (): boolean => signal?.aborted === true;
    try {
      signal?.addEventListener('abort', end, { once: true });
      if (aborted()) return;
      begin(request);
      const response = await responseTo(request, this.#hint);
      if (response.headers['content-type'] !== eventsType) await readAnswer(response);
      for await (const line of linesOf(response)) yield parseEvent(line);
      throw hostLeft();
    } catch (error) {
      if (!aborted()) throw error;
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
  }

  async #ask<T>(
    method: string,
    path: string,
    headers: Record<string, string>,
    use: (request: ClientRequest) => Promise<T>,
  ): Promise<T> {
    const { request, end } = this.#open(method, path, headers);
    try {
      return await use(request);
    } finally {
      end();
    }
  }

  #open(
    method: string,
    path: string,
    headers: Record<string, string>,
  ): { request: ClientRequest; end: () => void } {
    // Kept alive so that the server does not close while an upload that it refused is still being sent.
    const agent = new Agent({ keepAlive: true });
    const request = httpRequest({ socketPath: this.#socketPath, agent, method, path, headers });
    // Whoever waits for the response hears of errors; later ones must not end the process.
    request.on('error', () => undefined);
    return {
      request,
      end: () => {
        request.destroy();
        agent.destroy();
      },
    };
  }
}

async function responseTo(request: ClientRequest, hint: string): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', (error) => {
      reject(connectionFailure(error, hint));
    });
    request.once('close', () => {
      reject(hostLeft());
    });
  });
}

/** Sends the body at the host's pace and stops, without an error, once the request is over. */
async function sendBody(request: ClientRequest, body: AsyncIterable<Uint8Array>): Promise<void> {
  const over = new AbortController();
  const stop = (): void => {
    over.abort();
  };
  request.once('response', stop);
  request.once('close', stop);
  for await (const chunk of body) {
    if (over.signal.aborted) return;
    if (!request.write(chunk)) await untilWritable(request);
  }
  if (!over.signal.aborted) request.end();
}

async function untilWritable(request: ClientRequest): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'response']) request.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'response']) request.on(event, done);
  });
}

async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxAnswerBytes) throw hostLeft();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof GleanerError ? error : hostLeft();
  }
  const answer = parseAnswer(Buffer.concat(chunks).toString('utf8'));
  if (!answer) {
    throw new GleanerError(
      'internal',
      `What answers on the control socket is not this Gleaner (HTTP ${response.statusCode ?? 0}).`,
      'Use the same version of Gleaner on both sides.',
    );
  }
  if (!answer.ok) throw fromFailure(answer.failure);
  return answer.value;
}

async function* downloadedBytes(
  response: IncomingMessage,
  end: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) yield chunk;
    } catch {
      throw hostLeft();
    }
    const trailer = response.trailers[endTrailer];
    const answer = trailer === undefined ? undefined : parseAnswer(trailer);
    if (!answer) throw hostLeft();
    if (!answer.ok) throw fromFailure(answer.failure);
  } finally {
    end();
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const text of response as AsyncIterable<string>) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxAnswerBytes) throw hostLeft();
      yield* lines;
    }
  } catch {
    throw hostLeft();
  }
}

function parseEvent(line: string): HostEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  const parsed = HostEvent.safeParse(value);
  if (!parsed.success) {
    throw new GleanerError(
      'internal',
      'The running Gleaner sent an event that this version does not understand.',
      'Use the same version of Gleaner on both sides.',
    );
  }
  return parsed.data;
}
