import { readFile } from 'node:fs/promises';
import { type ClassAd, classAdOfJson, parseClassAds } from '../base/classad.ts';
import { GleanerError } from '../contract/failures.ts';
import { hostAttributes } from '../contract/pool.ts';
import { provenIdentity } from './condor-conf.ts';
import { lastWords, runTool } from './condor-tool.ts';

/** What is asked of each slot's ad beside what hosts publish. */
const slotAttributes = [
  'Name',
  'Machine',
  'MyType',
  'SlotType',
  'State',
  'Activity',
  'Cpus',
  'Memory',
  'LastHeardFrom',
  provenIdentity,
];

/** 100,000 hosts with two slots each, at 3 KB. */
const answerMax = 640 * 1024 * 1024;

/**
 * The slots' ads of Gleaner's hosts, as the collector has them.
 * @throws GleanerError `platform-not-ready`, `grid-unreachable`, `grid-protocol`
 */
export async function collectorAds(): Promise<readonly ClassAd[]> {
  const attributes = [...slotAttributes, ...hostAttributes].join(',');
  const { stdout, stderr, code } = await runTool('condor_status', {
    args: ['-json', '-constraint', 'GleanerHost =!= undefined', '-attributes', attributes],
    outputMax: answerMax,
    limitMs: 120_000,
  });
  if (code !== 0) {
    throw new GleanerError(
      'grid-unreachable',
      `condor_status failed: ${lastWords(stderr)}`,
      'Run this on a machine of the pool, or give a file with --ads.',
    );
  }
  return parseAds(stdout);
}

/** Ads of a file that `condor_status -json` or `condor_status -long` wrote. @throws GleanerError `not-found`, `grid-protocol` */
export async function adsOfFile(filePath: string): Promise<readonly ClassAd[]> {
  const text = await readFile(filePath, 'utf8').catch((error: unknown) => {
    throw new GleanerError('not-found', `There is no file ${filePath} that can be read.`, undefined, {
      cause: error,
    });
  });
  return parseAds(text);
}

/** Both forms; nothing at all is no ad. @throws GleanerError `grid-protocol` for broken JSON */
export function parseAds(text: string): readonly ClassAd[] {
  const start = text.trimStart();
  if (!start.startsWith('[')) return [...parseClassAds(text)];
  let values: unknown;
  try {
    values = JSON.parse(start);
  } catch (error) {
    throw new GleanerError('grid-protocol', 'The answer of condor_status is no JSON.', undefined, {
      cause: error,
    });
  }
  return Array.isArray(values) ? values.map((value) => classAdOfJson(value) ?? nothingInIt) : [];
}

/** Counts as malformed wherever it is looked at. */
const nothingInIt: ClassAd = {
  string: () => null,
  number: () => null,
  boolean: () => null,
  text: () => null,
  names: [],
  malformed: 1,
};
