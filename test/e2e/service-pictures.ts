import { openGallery, reopen } from './support/gallery.ts';
import { HealthPage, WelcomePage } from './support/health-pages.ts';
import { MainPage, PreferencesPage } from './support/pages.ts';
import type { Take } from './support/take.ts';

/** Pictures of a host that is a service of the machine: its pages, what a person is welcomed with, and while it does not answer. */
export async function pictureService(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale });
  const { app, page } = gallery;
  const main = new MainPage(page);
  const preferences = new PreferencesPage(page);
  const serve = async (how: 'everyone' | 'administrators' | 'away'): Promise<void> => {
    await app.evaluate((_electron, wanted) => {
      globalThis.gallery.serve(wanted);
    }, how);
  };
  const all = async (suffix: string): Promise<void> => {
    await main.openTab('Home');
    for (const [state, heading] of [
      ['working', 'Working'],
      ['paused', 'Paused'],
      ['manual', 'Paused'],
    ] as const) {
      await gallery.show(state, heading);
      await serve('administrators');
      await take(gallery, `service-home-${state}${suffix}`);
    }
    await gallery.show('working', 'Working');
    await serve('away');
    await take(gallery, `service-home-away${suffix}`, true);
    await main.openTab('Health');
    await new HealthPage(page).check('QEMU').waitFor();
    await gallery.show('working', 'Health');
    await serve('administrators');
    await take(gallery, `service-health${suffix}`, true);
    for (const tab of ['Earnings', 'Activity', 'Grids'] as const) {
      await main.openTab(tab);
      await take(gallery, `service-${tab.toLowerCase()}${suffix}`, true);
    }
    await preferences.open();
    await take(gallery, `service-preferences${suffix}`);
    await preferences.showAll();
    await take(gallery, `service-preferences-all${suffix}`, true);
  };
  try {
    await all('');
    await gallery.narrow();
    await all('-narrow');
  } finally {
    await gallery.close();
  }
  await pictureWelcome(dark, scale, take);
}

async function pictureWelcome(dark: boolean, scale: number, take: Take): Promise<void> {
  const gallery = await openGallery({ dark, scale, state: 'empty' });
  try {
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({ preset: 'gentle', 'idle.share': 0.5 });
      globalThis.gallery.serve('everyone');
    });
    const page = await reopen(gallery);
    await new WelcomePage(page).heading('Acme Research has set up this computer').waitFor();
    await take({ ...gallery, page }, 'service-welcome', true);
  } finally {
    await gallery.close();
  }
}
