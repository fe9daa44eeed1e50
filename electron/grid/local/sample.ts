import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tarBytes } from '../../base/tar-write.ts';
import { documentName, JobDocument } from '../../contract/job.ts';

const optionsPerJob = 5;
/** What the embedded grid books for one priced option; it is worth nothing outside this computer. */
const pointsPerOption = 1;

export interface SamplePackage {
  readonly document: JobDocument;
  /** Under `in/`, as the job finds them. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
}

/**
 * The sample project: the option book of `sampleDir` (resources/sample: `book.csv`, `price.py` and the
 * document that all parts share), split into jobs of a few options each, in the order of the book. Throws
 * what the file system or the job schema says about a broken installation.
 */
export async function* samplePackages(sampleDir: string): AsyncGenerator<SamplePackage, void, undefined> {
  const [book, program, template] = await Promise.all(
    ['book.csv', 'price.py', documentName].map((name) => readFile(join(sampleDir, name), 'utf8')),
  );
  const shared: unknown = JSON.parse(template ?? '');
  if (typeof shared !== 'object' || shared === null) throw new TypeError(`${documentName} holds no object`);
  const [header = '', ...rows] = (book ?? '').trim().split('\n');
  const parts = Math.ceil(rows.length / optionsPerJob);
  for (let part = 0; part < parts; part += 1) {
    const own = rows.slice(part * optionsPerJob, (part + 1) * optionsPerJob);
    yield {
      document: JobDocument.parse({
        ...shared,
        title: `Option book, part ${part + 1} of ${parts}`,
        price: { amount: own.length * pointsPerOption, unit: 'points' },
      }),
      files: [
        { path: 'in/book.csv', content: `${[header, ...own].join('\n')}\n` },
        { path: 'in/price.py', content: program ?? '' },
      ],
    };
  }
}

/** The package as a client would upload it. Pure. */
export function packageTar({ document, files }: SamplePackage): Uint8Array {
  return tarBytes([{ path: documentName, content: JSON.stringify(document) }, ...files]);
}
