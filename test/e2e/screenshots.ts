// `npm run screenshots -- [FOLDER] [--parts home,grids] [--themes dark] [--scales 1] [--languages ar]`: pictures of the
// window, from the real page and shell over made-up Snapshots.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Language, languages } from '../../text/languages.ts';
import { pictureActivity } from './activity-pictures.ts';
import { pictureEarnings } from './earnings-pictures.ts';
import { pictureGrids } from './grid-pictures.ts';
import { pictureHealth } from './health-pictures.ts';
import { pictureHome } from './home-pictures.ts';
import { pictureLanguages } from './language-pictures.ts';
import { picturePools } from './pool-pictures.ts';
import { picturePreferences } from './preferences-pictures.ts';
import { pictureReadme } from './readme-pictures.ts';
import { pictureService } from './service-pictures.ts';
import provideDisplay from './support/display.ts';
import { closeTheatre } from './support/gallery.ts';
import { checkoutDir } from './support/launch.ts';
import { type Take, takeInto } from './support/take.ts';
import { pictureUpdates } from './update-pictures.ts';

const parts: Readonly<Record<string, (dark: boolean, scale: number, take: Take) => Promise<void>>> = {
  home: pictureHome,
  preferences: picturePreferences,
  activity: pictureActivity,
  grids: pictureGrids,
  pools: picturePools,
  earnings: pictureEarnings,
  health: pictureHealth,
  updates: pictureUpdates,
  service: pictureService,
  languages: pictureLanguages,
  readme: pictureReadme,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    parts: { type: 'string', default: Object.keys(parts).join() },
    themes: { type: 'string', default: 'light,dark' },
    scales: { type: 'string', default: '1,2' },
    /** Beside English, of what is taken at 1x. */
    languages: { type: 'string', default: 'ar' },
  },
});
const dir = path.resolve(positionals[0] ?? path.join(checkoutDir, '.cache', 'screenshots'));
const others: readonly Language[] = languages
  .map(({ code }) => code)
  .filter((code) => values.languages.split(',').includes(code));

mkdirSync(dir, { recursive: true });
const closeDisplay = await provideDisplay();
try {
  for (const theme of values.themes.split(',')) {
    for (const scale of values.scales.split(',').map(Number)) {
      const dark = theme === 'dark';
      for (const part of values.parts.split(',')) {
        const take = takeInto(
          dir,
          dark,
          scale,
          scale === 1 && !['languages', 'readme'].includes(part) ? others : [],
        );
        await parts[part]?.(dark, scale, take);
      }
    }
  }
  process.stdout.write(`${dir}\n`);
} finally {
  await closeTheatre();
  await closeDisplay();
}
