import { describe, expect, it, test } from 'vitest';
import { isLater, newerPackages } from '../../resources/guest/build/update.ts';

const pkg = (name: string, version: string) => ({ name, version, sha256: '00' });
const before = [
  pkg('libssl3t64', '3.5.1-1'),
  pkg('mawk', '1.3.4-1'),
  pkg('linux-image-6.12.1-cloud-amd64', '6.12.1-1'),
];
/** Versions of these tests are of one digit each, so that they compare as texts. */
const later = (version: string, than: string): Promise<boolean> => Promise.resolve(version > than);

describe('what has become newer', () => {
  it('is nothing when the same is offered, in whatever order', async () => {
    expect(await newerPackages(before, before.toReversed(), later)).toEqual([]);
  });

  it('is told with the versions before and after; the kernel’s across its changed name', async () => {
    const offered = [
      pkg('libssl3t64', '3.5.2-1'),
      pkg('linux-image-6.12.2-cloud-amd64', '6.12.2-1'),
      pkg('mawk', '1.3.4-1'),
      pkg('new', '1'),
    ];
    expect(await newerPackages(before, offered, later)).toEqual([
      { name: 'libssl3t64', from: '3.5.1-1', to: '3.5.2-1' },
      { name: 'linux-image-6.12.2-cloud-amd64', from: '6.12.1-1', to: '6.12.2-1' },
      { name: 'new', from: null, to: '1' },
    ]);
  });

  it('is everything where there was no image', async () => {
    const changes = await newerPackages([], before, later);
    expect(changes.map(({ name, from }) => [name, from])).toEqual(before.map(({ name }) => [name, null]));
  });

  it('is never an older version: a mirror that goes back is refused', async () => {
    const offered = [pkg('libssl3t64', '3.5.2-1'), pkg('mawk', '1.3.3-1')];
    await expect(newerPackages(before, offered, later)).rejects.toMatchObject({ code: 'mirror-older' });
  });
});

test('versions compare as Debian’s do', async () => {
  expect(await isLater('1.10-1', '1.9-1')).toBe(true);
  expect(await isLater('1.0~rc1-1', '1.0-1')).toBe(false);
  expect(await isLater('1:0.1', '2.0')).toBe(true);
  expect(await isLater('6.12.118-1', '6.12.117-1')).toBe(true);
  expect(await isLater('3.5.7-1~deb13u3', '3.5.9-1~deb13u1')).toBe(false);
  expect(await isLater('1.0', '1.0')).toBe(false);
});
