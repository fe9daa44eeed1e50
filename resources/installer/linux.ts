import type { Configuration } from 'electron-builder';
import { debDepends, debRecommends, maintainer, rpmRequires } from '../dev/package/depends.ts';

/**
 * The tree that the packages for Linux are made of, and electron-builder's own targets over it. Those fetch their tools,
 * which not every machine can: `npm run package` makes the .deb and the .rpm by the distributions' own.
 */
export const linux: Configuration = {
  linux: {
    target: ['deb', 'rpm', 'AppImage', 'tar.gz'],
    executableName: 'gleaner-app',
    category: 'Utility',
    synopsis: "Put a computer's idle hours to work for grids",
    maintainer,
    mimeTypes: ['x-scheme-handler/gleaner'],
  },
  deb: { depends: [...debDepends], recommends: [...debRecommends], packageCategory: 'science' },
  rpm: { depends: [...rpmRequires] },
};
