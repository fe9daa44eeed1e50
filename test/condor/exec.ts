import { spawn } from 'node:child_process';

export interface Ended {
  /** Exit code; 128 for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is; rejects only when it could not be started. */
export function exec(argv: readonly string[], input = ''): Promise<Ended> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => undefined); // one that reads nothing says why by its exit
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? 128, stdout, stderr });
    });
  });
}

/** The standard output of a program that must have succeeded; throws with what it said. */
export function outputOf(argv: readonly string[], { code, stdout, stderr }: Ended): string {
  if (code === 0) return stdout;
  throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.trim()} ${stdout.trim()}`.slice(0, 4000));
}

/** Runs a program that must succeed. @returns its standard output */
export async function must(argv: readonly string[], input = ''): Promise<string> {
  return outputOf(argv, await exec(argv, input));
}
