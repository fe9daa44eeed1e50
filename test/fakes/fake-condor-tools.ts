import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What one tool says and how it ends, whatever it is asked. */
export interface FakeAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
}

/** A folder of programs that are called like HTCondor's tools; each notes how it was called. */
export class FakeCondorTools {
  readonly dirPath: string;

  private constructor(dirPath: string) {
    this.dirPath = dirPath;
  }

  static async in(dirPath: string): Promise<FakeCondorTools> {
    await mkdir(dirPath, { recursive: true });
    return new FakeCondorTools(dirPath);
  }

  /** For PATH: these tools before all others. */
  get path(): string {
    return `${this.dirPath}:${process.env['PATH'] ?? ''}`;
  }

  async answer(tool: string, { stdout = '', stderr = '', code = 0 }: FakeAnswer): Promise<void> {
    await writeFile(join(this.dirPath, `${tool}.out`), stdout);
    await writeFile(join(this.dirPath, `${tool}.err`), stderr);
    await this.#program(tool, [`cat "$here/${tool}.out"`, `cat "$here/${tool}.err" >&2`, `exit ${code}`]);
  }

  /** `condor_token_create`, with tokens whose claims are the real one's, of this trust domain; signed by nobody. */
  async tokens(domain: string): Promise<void> {
    await this.#program('condor_token_create', [
      'while [ $# -gt 0 ]; do [ "$1" = -identity ] && identity=$2; shift; done',
      'part() { printf %s "$1" | base64 -w0 | tr "+/" "-_" | tr -d "="; }',
      `echo "$(part '{"alg":"HS256","kid":"POOL"}').$(part "{\\"iss\\":\\"${domain}\\",\\"sub\\":\\"$identity\\"}").c2lnbmF0dXJl"`,
    ]);
  }

  /** How a tool was called, one line of arguments for each call. */
  async calls(tool: string): Promise<readonly string[]> {
    const text = await readFile(join(this.dirPath, `${tool}.calls`), 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  }

  async #program(tool: string, lines: readonly string[]): Promise<void> {
    const path = join(this.dirPath, tool);
    const head = ['#!/bin/sh', `here='${this.dirPath}'`, `echo "$*" >> "$here/${tool}.calls"`];
    await writeFile(path, `${[...head, ...lines].join('\n')}\n`);
    await chmod(path, 0o755);
  }
}
