import { expect, test } from 'vitest';
import { loadOrder } from '../../resources/guest/build/modules.ts';

const dep = [
  'kernel/drivers/block/virtio_blk.ko.xz:',
  'kernel/fs/top.ko.xz: kernel/fs/middle.ko.xz kernel/lib/bottom.ko.xz',
  'kernel/fs/middle.ko.xz: kernel/lib/bottom.ko.xz',
  'kernel/lib/bottom.ko.xz:',
  'kernel/char/virtio-rng.ko: kernel/lib/bottom.ko.xz',
  '',
].join('\n');
const builtin = 'kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio/virtio_pci.ko\n';

test('loads what a module needs before it, the deepest need first', () => {
  expect(loadOrder(dep, builtin, ['top'])).toEqual([
    'kernel/lib/bottom.ko.xz',
    'kernel/fs/middle.ko.xz',
    'kernel/fs/top.ko.xz',
  ]);
});

test('loads nothing twice and keeps the order that was asked for', () => {
  expect(loadOrder(dep, builtin, ['virtio_rng', 'virtio-blk', 'middle'])).toEqual([
    'kernel/lib/bottom.ko.xz',
    'kernel/char/virtio-rng.ko',
    'kernel/drivers/block/virtio_blk.ko.xz',
    'kernel/fs/middle.ko.xz',
  ]);
});

test('needs no file for what the kernel has built in', () => {
  expect(loadOrder(dep, builtin, ['ext4', 'virtio_pci'])).toEqual([]);
});

test('names the module that the kernel does not have', () => {
  expect(() => loadOrder(dep, builtin, ['overlay'])).toThrow('overlay');
});
