import { expect, test } from 'vitest';
import { failuresOf } from '../../resources/dev/failures.ts';

test('vitest: the tests that failed, with the beginning of why, and files that did not load', () => {
  const long = Array.from({ length: 20 }, (_, n) => `line ${n}`).join('\n');
  const testResults = [
    {
      name: '/x/a.test.ts',
      status: 'failed',
      message: '',
      assertionResults: [
        { status: 'passed', fullName: 'works', failureMessages: [] },
        { status: 'failed', fullName: 'a b', failureMessages: [`\u001b[31mno\u001b[39m\n\n${long}`] },
      ],
    },
    { name: '/x/b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
    { name: '/x/c.test.ts', status: 'passed', assertionResults: [{ status: 'passed', fullName: 'c' }] },
  ];
  expect(failuresOf({ testResults })).toEqual([
    `/x/a.test.ts: a b\n    no\n${Array.from({ length: 7 }, (_, n) => `    line ${n}`).join('\n')}`,
    '/x/b.test.ts\n    no such module',
  ]);
});

test('Playwright: by the titles above, and what failed outside of tests', () => {
  const failed = {
    ok: false,
    title: 'opens',
    tests: [{ results: [{ error: { message: 'no window' } }, {}] }],
  };
  const passed = { ok: true, title: 'closes', tests: [{ results: [{}] }] };
  const report = {
    suites: [{ title: 'app.spec.ts', specs: [passed], suites: [{ title: 'window', specs: [failed] }] }],
    errors: [{ message: 'no display' }],
  };
  expect(failuresOf(report)).toEqual([
    'app.spec.ts › window › opens\n    no window',
    'outside of tests\n    no display',
  ]);
});

test.each([null, undefined, {}, 'text', { testResults: 5 }])('%j tells of no failure', (report) => {
  expect(failuresOf(report)).toEqual([]);
});
