import { languages } from '../../text/languages.ts';
import type { Take } from './grid-pictures.ts';
import { openGallery } from './support/gallery.ts';
import { sendTo, speaks } from './support/language.ts';

const pages = ['home', 'earnings', 'activity', 'grids', 'preferences', 'health'] as const;

/** Every page in every language but English, of which the other pictures are. */
export async function pictureLanguages(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  try {
    await gallery.show('volunteer', 'Working');
    for (const { code } of languages.filter((language) => language.code !== 'en')) {
      const t = await speaks(gallery, code);
      for (const page of pages) {
        await sendTo(gallery, { page });
        const title = t('common:title', { page: t(`common:tab.${page}`) });
        await gallery.page.waitForFunction((wanted) => document.title === wanted, title);
        await gallery.page.getByRole('heading', { level: 1 }).waitFor();
        await take(gallery.page, `${page}-${code}`, true);
      }
    }
  } finally {
    await gallery.close();
  }
}
