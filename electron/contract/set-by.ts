import type { Reason } from './policy.ts';

/**
 * Whether an organization is to be named behind a reason; nobody set that a locked profile cannot be read. Apart from
 * the schemas, since the page loads it. Pure.
 */
export function isSetByOrganization({ code, source }: Pick<Reason, 'code' | 'source'>): boolean {
  return (source === 'locked' || source === 'default') && code !== 'profile-broken';
}
