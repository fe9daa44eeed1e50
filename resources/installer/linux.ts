import type { Configuration } from 'electron-builder';

/** The unpacked tree that the packages for Linux are made of. */
export const linux: Configuration = {
  linux: {
    target: ['dir'],
    executableName: 'gleaner-app',
    category: 'Utility',
  },
};
