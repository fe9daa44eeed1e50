import { type Language, languages } from '../../text/languages.ts';
import { openGallery } from './support/gallery.ts';
import { sendTo, speaks } from './support/language.ts';
import type { Take } from './support/take.ts';

const pages = ['home', 'earnings', 'activity', 'grids', 'preferences', 'health'] as const;

const pictured: readonly Language[] = ['en', 'ar'];

/** Every page in every language but English and Arabic, of which the other pictures are. */
export async function pictureLanguages(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  try {
    await gallery.show('volunteer', 'Working');
    for (const { code } of languages.filter((language) => !pictured.includes(language.code))) {
      const t = await speaks(gallery, code);
      for (const page of pages) {
        await sendTo(gallery, { page });
        const title = t('common:title', { page: t(`common:tab.${page}`) });
        await gallery.page.waitForFunction((wanted) => document.title === wanted, title);
        await gallery.page.getByRole('heading', { level: 1 }).waitFor();
        await take(gallery, `${page}-${code}`, true);
      }
    }
  } finally {
    await gallery.close();
  }
}
