import type {
  CommandOutput,
  CommandParsed,
  DownloadCommandName,
  HostApi,
  HostEvent,
  PlainCommandName,
  UploadCommandName,
} from '../../contract/commands.ts';

/** The host as clients see it, which knows how many commands are not answered yet; those about updates do not count. */
export class CountedApi implements HostApi {
  readonly #api: HostApi;
  #underWay = 0;

  constructor(api: HostApi) {
    this.#api = api;
  }

  get underWay(): number {
    return this.#underWay;
  }

  async call<N extends PlainCommandName>(name: N, input: CommandParsed<N>): Promise<CommandOutput<N>> {
    if (name.startsWith('update.')) return await this.#api.call(name, input);
    return await this.#counted(() => this.#api.call(name, input));
  }

  async upload<N extends UploadCommandName>(
    name: N,
    input: CommandParsed<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>> {
    return await this.#counted(() => this.#api.upload(name, input, body));
  }

  async download<N extends DownloadCommandName>(
    name: N,
    input: CommandParsed<N>,
  ): Promise<AsyncIterable<Uint8Array>> {
    const bytes = await this.#counted(() => this.#api.download(name, input));
    return this.#countedBytes(bytes);
  }

  subscribe(listener: (event: HostEvent) => void): () => void {
    return this.#api.subscribe(listener);
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
    }
  }

  async *#countedBytes(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    this.#underWay += 1;
    try {
      yield* bytes;
    } finally {
      this.#underWay -= 1;
    }
  }
}
