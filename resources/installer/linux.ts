import type { Configuration } from 'electron-builder';
import { maintainer } from '../dev/package/depends.ts';

/**
 * The app's folder, out of which `npm run package` makes all that there is for Linux (resources/dev/package). No target of
 * electron-builder's own is over it: they would lack images, command line and install.json.
 */
export const linux: Configuration = {
  linux: {
    target: ['dir'],
    executableName: 'gleaner-app',
    category: 'Utility',
    synopsis: "Put a computer's idle hours to work for grids",
    maintainer,
    mimeTypes: ['x-scheme-handler/gleaner'],
  },
};
