import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const shownIssues = 3;

/** The first issues of a refused value in words, e.g. `resources.memory: is too small: at least 1; title: is missing`. Pure. */
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
  if (isMissing(issue)) return `${prefix}is missing`;
  return `${prefix}${clean(inWords(issue), 160)}`;
}

function isMissing(issue: Issue): boolean {
  if (issue.code === 'invalid_union') {
    return (
      issue.errors.length > 0 && issue.errors.every(([first]) => first !== undefined && isMissing(first))
    );
  }
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

/** What is wrong with the value itself. */
function inWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `is too small: ${bound('at least', issue.minimum, issue.origin)}`;
    case 'too_big':
      return `is too large: ${bound('at most', issue.maximum, issue.origin)}`;
    case 'invalid_union': {
      const ways = issue.errors.map(([first]) => (first ? inWords(first) : ''));
      return [...new Set(ways)].join(', or ') || 'is not what may stand there';
    }
    case 'invalid_format':
      return 'is not written as it has to be';
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function bound(how: string, limit: number | bigint, origin: string): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' entries' : '';
  return `${how} ${limit}${unit}`;
}

/** Keys come from whoever wrote the value: shortened, on one line. */
function clean(text: string, length = 60): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?').slice(0, length);
}
