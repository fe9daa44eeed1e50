// How many tests passed, failed and were skipped, from the JSON reports of vitest and Playwright.
import { z } from 'zod';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const count = z.number().int().nonnegative();

/** vitest's `json` reporter. A file that failed to load has status `failed` and no failed assertion. */
const vitestReport = z.object({
  numPassedTests: count,
  numFailedTests: count,
  numPendingTests: count,
  numTodoTests: count.default(0),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

/** Playwright's `json` reporter. A test that passed only on a second try (`flaky`) did not pass. */
const playwrightReport = z.object({
  stats: z.object({ expected: count, unexpected: count, flaky: count, skipped: count }),
  errors: z.array(z.unknown()).default([]),
});

/**
 * @param report the parsed report of either runner
 * @returns undefined when it is neither's
 */
export function countsOf(report: unknown): Counts | undefined {
  const vitest = vitestReport.safeParse(report);
  if (vitest.success) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = vitest.data;
    const unloadable = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests + unloadable.length,
      skipped: numPendingTests + numTodoTests,
    };
  }
  const playwright = playwrightReport.safeParse(report);
  if (!playwright.success) return undefined;
  const { expected, unexpected, flaky, skipped } = playwright.data.stats;
  return { passed: expected, failed: unexpected + flaky + playwright.data.errors.length, skipped };
}

/**
 * What a lane contributes to the total: its report's tests, or itself as one test if it makes no report. A lane that
 * ended badly has at least one failure, whatever its report says.
 */
export function laneCounts(exitCode: number, report: Counts | undefined, reports: boolean): Counts {
  if (!reports)
    return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  return exitCode !== 0 && report.failed === 0 ? { ...report, failed: 1 } : report;
}
