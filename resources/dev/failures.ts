// Which tests failed and why, from the JSON reports of vitest and Playwright: what the end of a long run has to say.
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z
            .array(z.string())
            .nullish()
            .transform((messages) => messages ?? []),
        }),
      ),
    }),
  ),
});

const spec = z.object({
  ok: z.boolean(),
  title: z.string(),
  tests: z.array(
    z.object({
      results: z.array(z.object({ error: z.object({ message: z.string().default('') }).optional() })),
    }),
  ),
});
interface Suite {
  title: string;
  specs: z.infer<typeof spec>[];
  suites?: Suite[] | undefined;
}
const suite: z.ZodType<Suite> = z.lazy(() =>
  z.object({ title: z.string(), specs: z.array(spec), suites: z.array(suite).optional() }),
);
const playwrightReport = z.object({
  suites: z.array(suite),
  errors: z.array(z.object({ message: z.string().default('') })).default([]),
});

/** Of a message; the rest is further up in the output. */
const shownLines = 8;

/** @param report the parsed report of either runner, or anything else, which tells of no failure */
export function failuresOf(report: unknown): readonly string[] {
  const vitest = vitestReport.safeParse(report);
  if (vitest.success) {
    return vitest.data.testResults.flatMap(({ name, status, message, assertionResults }) => {
      const failed = assertionResults.filter((result) => result.status === 'failed');
      if (status === 'failed' && failed.length === 0) return [told(name, message)];
      return failed.map(({ fullName, failureMessages }) =>
        told(`${name}: ${fullName}`, failureMessages.join('\n')),
      );
    });
  }
  const playwright = playwrightReport.safeParse(report);
  if (!playwright.success) return [];
  const { suites, errors } = playwright.data;
  return [
    ...suites.flatMap((each) => ofSuite(each, [])),
    ...errors.map(({ message }) => told('outside of tests', message)),
  ];
}

function ofSuite({ title, specs, suites = [] }: Suite, above: readonly string[]): string[] {
  const titles = [...above, title];
  return [
    ...specs
      .filter(({ ok }) => !ok)
      .map(({ title: own, tests }) =>
        told(
          [...titles, own].join(' › '),
          tests.flatMap(({ results }) => results.map(({ error }) => error?.message ?? '')).join('\n'),
        ),
      ),
    ...suites.flatMap((each) => ofSuite(each, titles)),
  ];
}

function told(title: string, message: string): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, shownLines);
  return [title, ...lines.map((line) => `    ${line}`)].join('\n');
}
