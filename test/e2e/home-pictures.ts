import { openGallery } from './support/gallery.ts';
import { enlarge, type Take } from './support/take.ts';

const states = [
  ['working', 'Working'],
  ['throttled', 'Working'],
  ['yielding', 'Given back'],
  ['paused', 'Paused'],
  ['manual', 'Paused'],
  ['starting', 'Starting'],
  ['schedule', 'Waiting'],
  ['waiting', 'Waiting'],
  ['attention', 'Needs attention'],
  ['empty', 'Waiting'],
] as const;

/** Pictures of the home page in every state, with its details, and narrow. */
export async function pictureHome(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const { page } = gallery;
  try {
    for (const [state, heading] of states) {
      await gallery.show(state, heading);
      await take(gallery, `home-${state}`);
    }
    await gallery.show('yielding', 'Given back');
    await page.getByRole('button', { name: 'How fast, in detail' }).click();
    await page.getByRole('table', { name: 'The latest' }).waitFor();
    await take(gallery, 'home-details', true);
    await enlarge(gallery, 2);
    await take(gallery, 'home-large', true);
    await enlarge(gallery, 1);
    await gallery.narrow();
    await take(gallery, 'home-narrow', true);
  } finally {
    await gallery.close();
  }
}
