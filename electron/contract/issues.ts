import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const shownIssues = 3;

/** The first issues of a refused value in words, e.g. `resources.memory: Too small…; title: is missing`. Pure. */
export function describeIssues(issues: readonly Issue[]): string {
  const words = issues.slice(0, shownIssues).map(describeIssue);
  const more = issues.length - words.length;
  return more > 0 ? `${words.join('; ')}; and ${more} more` : words.join('; ');
}

function describeIssue(issue: Issue): string {
  const path = issue.path.map((key) => clean(String(key))).join('.');
  const prefix = path === '' ? '' : `${path}: `;
  if (issue.code === 'unrecognized_keys') {
    return `${prefix}unknown field ${issue.keys.map((key) => `"${clean(key)}"`).join(', ')}`;
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return `${prefix}is missing`;
  }
  return `${prefix}${clean(issue.message, 160)}`;
}

/** Keys come from whoever wrote the value: shortened, on one line. */
function clean(text: string, length = 60): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?').slice(0, length);
}
