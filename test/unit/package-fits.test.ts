import { expect, test } from 'vitest';
import { JobDocument } from '../../electron/contract/job.ts';
import { fits, inMiB, type JobRoom } from '../../electron/grid/local/package-document.ts';

const MiB = 1024 * 1024;
const room: JobRoom = {
  vcpus: 2,
  memoryBytes: 512 * MiB,
  diskBytes: 1024 * MiB,
  hasAppliance: (name) => name === 'base' || name === `sha256:${'a'.repeat(64)}`,
};
const document = (fields: object): JobDocument =>
  JobDocument.parse({ schema: 1, title: 'A job', command: ['/bin/true'], ...fields });

test('a job that fits has no failure', () => {
  expect(fits(document({}), room)).toBeNull();
  const all = { vcpus: 2, memory: 512 * MiB, disk: 1024 * MiB };
  expect(fits(document({ resources: all, appliance: `sha256:${'a'.repeat(64)}` }), room)).toBeNull();
});

test.each([
  [{ vcpus: 3 }, '3 vCPUs where 2 can be had'],
  [{ memory: 512 * MiB + 1 }, '513 MiB of memory where 512 MiB can be had'],
  [{ disk: 2048 * MiB }, '2048 MiB of disk where 1024 MiB can be had'],
])('a job that asks for too much is told what: %j', (resources, words) => {
  const failure = fits(document({ resources }), room);
  expect(failure?.code).toBe('resources-unavailable');
  expect(failure?.sentence).toContain(words);
});

test('an appliance that is not here is named', () => {
  const failure = fits(document({ appliance: 'gpu-tools' }), room);
  expect(failure?.code).toBe('appliance-unknown');
  expect(failure?.sentence).toContain('gpu-tools');
});

test('sizes are told in whole MiB, rounded up', () => {
  expect([1, MiB, MiB + 1].map(inMiB)).toEqual(['1 MiB', '1 MiB', '2 MiB']);
});
