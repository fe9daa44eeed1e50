import type { Configuration } from 'electron-builder';
import { unshipped } from './base.ts';

/** The unpacked tree that the packages for Linux are made of. */
export const linux: Configuration = {
  linux: {
    target: ['dir'],
    executableName: 'gleaner-app',
    files: unshipped('linux', ['x64']),
    category: 'Utility',
  },
};
