import { describe, expect, test } from 'vitest';
import { countsOf, laneCounts } from '../../resources/dev/counts.ts';

const vitest = (results: { status: string; assertionResults: { status: string }[] }[], failed = 0) => ({
  numPassedTests: 3,
  numFailedTests: failed,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: results,
});

describe('reports', () => {
  test('vitest', () => {
    const results = [{ status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] }];
    expect(countsOf(vitest(results, 1))).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });

  test('a vitest file that did not load is a failure', () => {
    expect(countsOf(vitest([{ status: 'failed', assertionResults: [] }]))?.failed).toBe(1);
  });

  test('Playwright; flaky is failed, and so is an error outside of tests', () => {
    const stats = { expected: 5, unexpected: 1, flaky: 1, skipped: 2, duration: 12 };
    expect(countsOf({ stats, errors: [{ message: 'no such project' }] })).toEqual({
      passed: 5,
      failed: 3,
      skipped: 2,
    });
  });

  test.each([null, {}, [], 'text', { stats: { expected: -1 } }])('%j is no report', (report) => {
    expect(countsOf(report)).toBeUndefined();
  });
});

describe('a lane', () => {
  const report = { passed: 4, failed: 0, skipped: 0 };

  test('without report counts as one test', () => {
    expect(laneCounts(0, undefined, false)).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(laneCounts(2, undefined, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('that owes a report and has none failed, even with exit code 0', () => {
    expect(laneCounts(0, undefined, true).failed).toBe(1);
  });

  test('that ended badly failed, whatever its report says', () => {
    expect(laneCounts(0, report, true)).toEqual(report);
    expect(laneCounts(1, report, true)).toEqual({ passed: 4, failed: 1, skipped: 0 });
    expect(laneCounts(1, { ...report, failed: 2 }, true).failed).toBe(2);
  });
});
