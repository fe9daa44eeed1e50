import { expect } from '@playwright/test';
import { violations } from './support/axe.ts';
import { changesIn, type GalleryRun, openGallery, overflow, test } from './support/gallery.ts';
import { PreferencesPage } from './support/pages.ts';

const sees = 'Show what it sees now';

for (const dark of [false, true]) {
  test.describe(dark ? 'preferences in dark' : 'preferences in light', () => {
    let gallery: GalleryRun;
    let preferences: PreferencesPage;
    test.beforeEach(async () => {
      gallery = await openGallery({ dark });
      preferences = new PreferencesPage(gallery.page);
      await preferences.open();
    });
    test.afterEach(() => gallery.close());

    test('are accessible with everything open and something changed', async () => {
      await gallery.app.evaluate(() => {
        globalThis.gallery.host.sensorTroubles = [{ sensor: 'call', words: 'PipeWire does not answer' }];
      });
      expect(await violations(gallery.page)).toEqual([]);
      await preferences.showAll();
      await preferences.show(sees, 'Exact times');
      await gallery.page.getByRole('button', { name: 'Add a time' }).click();
      await preferences.control('While it is idle').fill('40');
      await expect(preferences.undo).toBeVisible();
      await expect(gallery.page.getByText('PipeWire does not answer')).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
      await preferences.control('Language').click();
      await expect(gallery.page.getByRole('option', { name: 'English' })).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
    });

    test('are accessible while they are searched', async () => {
      await preferences.search.fill('network');
      await expect(gallery.page.getByText('7 settings')).toBeVisible();
      expect(await violations(gallery.page)).toEqual([]);
    });

    test('are accessible when they are locked, and when a change was refused', async () => {
      await gallery.app.evaluate(() => {
        const { host } = globalThis.gallery;
        host.failures.set('settings.set', Object.assign(new Error('full'), { code: 'ENOSPC' }));
        globalThis.gallery.lock({ preset: 'gentle', 'schedule.windows': [] });
      });
      await preferences.showAll();
      await expect(preferences.control('While it is idle')).toBeDisabled();
      expect(await violations(gallery.page)).toEqual([]);
      await gallery.app.evaluate(() => {
        globalThis.gallery.lock({});
      });
      await preferences.control('A call').click();
      await expect(gallery.page.getByRole('alert')).toContainText('The disk is full.');
      expect(await violations(gallery.page)).toEqual([]);
    });
  });
}

test.describe('preferences', () => {
  let gallery: GalleryRun;
  let preferences: PreferencesPage;
  test.beforeEach(async () => {
    gallery = await openGallery({});
    preferences = new PreferencesPage(gallery.page);
    await preferences.open();
    await preferences.showAll();
  });
  test.afterEach(() => gallery.close());

  const changes = (): Promise<unknown[]> => changesIn(gallery);

  test('show each value with its source', async () => {
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.settings.organization = 'Acme Research';
      host.settings.layers.default = { 'idle.share': 0.5 };
      host.settings.layers.user = { 'idle.afterSeconds': 90 };
      host.settings.layers.locked = { 'pauseOn.call': true };
      host.emitSettings();
    });
    await expect(preferences.row('While you use the computer')).toContainText('25 %from Balanced');
    await expect(preferences.row('While it is idle')).toContainText('50 %default set by Acme Research');
    await expect(preferences.row('Idle after')).toContainText('changed by you');
    await expect(preferences.row('A call')).toContainText('set by Acme Research');
    await expect(preferences.control('Idle after')).toHaveValue('90');
    await expect(preferences.control('On battery, work only above')).toHaveAttribute('placeholder', 'never');
  });

  test('choose a preset, which changes what it fills in, and take it back', async () => {
    await preferences.preset('Gentle').check();
    await expect(preferences.control('While you use the computer')).toHaveValue('0');
    await expect(preferences.row('While it is idle')).toContainText('75 %from Gentle');
    await expect(preferences.lastChange).toContainText('Preset: Balanced → Gentle.');
    await preferences.undo.click();
    await expect(preferences.preset('Balanced')).toBeChecked();
    await expect(preferences.control('While you use the computer')).toHaveValue('25');
    expect(await changes()).toEqual([
      ['set', 'preset', 'gentle'],
      ['unset', 'preset'],
    ]);
  });

  test('change a value, take the change back, and go back to the preset', async () => {
    await preferences.control('Idle after').fill('90');
    await preferences.control('Idle after').press('Enter');
    await expect(preferences.lastChange).toContainText('Idle after: 180 s → 90 s.');
    await preferences.control('Idle after').fill('60');
    await preferences.control('Idle after').press('Enter');
    await expect(preferences.lastChange).toContainText('Idle after: 90 s → 60 s.');
    await preferences.undo.click();
    await expect(preferences.control('Idle after')).toHaveValue('90');
    await expect(preferences.lastChange).toContainText('Undone: Idle after: 90 s → 60 s.');
    await expect(preferences.undo).toHaveText('Undo also: Idle after');
    await preferences.back('Idle after').click();
    await expect(preferences.control('Idle after')).toHaveValue('180');
    await expect(preferences.control('Idle after')).toBeFocused();
    await expect(preferences.back('Idle after')).toHaveCount(0);
    expect(await changes()).toEqual([
      ['set', 'idle.afterSeconds', 90],
      ['set', 'idle.afterSeconds', 60],
      ['set', 'idle.afterSeconds', 90],
      ['unset', 'idle.afterSeconds'],
    ]);
  });

  test('take change after change back by Ctrl+Z, but what is written by what the field does itself', async () => {
    const { keyboard } = gallery.page;
    await preferences.control('A call').click();
    await expect(preferences.lastChange).toContainText('A call: on → off.');
    await preferences.control('A program that fills the screen').click();
    await expect(preferences.lastChange).toContainText('A program that fills the screen: on → off.');
    await preferences.control('Idle after').focus();
    await keyboard.press('ControlOrMeta+z');
    await preferences.control('A call').focus();
    await keyboard.press('ControlOrMeta+z');
    await expect(preferences.lastChange).toContainText('Undone: A program that fills the screen: on → off.');
    await expect(preferences.undo).toHaveText('Undo also: A call');
    await keyboard.press('ControlOrMeta+z');
    await expect(preferences.undo).toHaveCount(0);
    await expect(gallery.page.getByText('Undone: A call: on → off.')).toBeVisible();
    await keyboard.press('ControlOrMeta+z');
    await expect(preferences.control('A call')).toBeChecked();
    expect(await changes()).toEqual([
      ['set', 'pauseOn.call', false],
      ['set', 'pauseOn.fullScreen', false],
      ['unset', 'pauseOn.fullScreen'],
      ['unset', 'pauseOn.call'],
    ]);
  });

  test('keep what is being used where it is, whatever is changed', async () => {
    const differs = (count: string) => gallery.page.getByText(`${count} below differ`);
    const slider = preferences.control('While it is idle');
    await slider.scrollIntoViewIfNeeded();
    const before = await slider.boundingBox();
    await slider.fill('40');
    await expect(preferences.back('While it is idle')).toBeVisible();
    await expect(differs('1 value')).toBeVisible();
    expect(await slider.boundingBox()).toEqual(before);
    await preferences.back('While it is idle').click();
    await expect(preferences.back('While it is idle')).toHaveCount(0);
    expect(await slider.boundingBox()).toEqual(before);
    // What no preset has an opinion of is no difference from one.
    await preferences.control('Proxy').fill('none');
    await preferences.control('Proxy').press('Enter');
    await expect(preferences.back('Proxy')).toBeVisible();
    await expect(differs('1 value')).toHaveCount(0);
  });

  test('are found by what help calls them, and are all there in another language', async () => {
    const { page } = gallery;
    const menu = () => page.getByRole('region', { name: 'Sprache und Start' });
    await preferences.search.fill('ui.language');
    await expect(page.getByText('1 setting', { exact: true })).toBeVisible();
    await preferences.control('Language').click();
    await page.getByRole('option', { name: 'Deutsch' }).click();
    await expect(page.getByRole('searchbox')).toHaveValue('');
    await expect(menu().getByRole('button', { name: 'Sprache und Start' })).toBeFocused();
    await expect(menu().locator('.pick-button')).toContainText('Deutsch');
    await page.getByRole('searchbox').fill('language');
    await expect(menu().locator('.pick-button')).toBeVisible();
  });

  test('offer no way back over what somebody else has changed since', async () => {
    await preferences.control('A call').click();
    await expect(preferences.undo).toBeVisible();
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.settings.layers.user = { 'pauseOn.call': true };
      host.emitSettings();
    });
    await expect(preferences.undo).toHaveCount(0);
    await expect(preferences.control('A call')).toBeChecked();
  });

  test('are changed by keyboard alone', async () => {
    const { keyboard } = gallery.page;
    await preferences.preset('Balanced').focus();
    await keyboard.press('ArrowDown');
    await expect(preferences.preset('Generous')).toBeChecked();
    await keyboard.press('Tab');
    await expect(preferences.group('How much').getByRole('button', { name: 'How much' })).toBeFocused();
    await keyboard.press('Enter');
    await expect(preferences.control('Contribute')).toHaveCount(0);
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    await expect(preferences.control('Contribute')).toBeFocused();
    await keyboard.press('Space');
    await expect(preferences.control('Contribute')).not.toBeChecked();
    // The way back to the preset comes into being behind the switch, when the host has answered.
    await expect(preferences.back('Contribute')).toBeVisible();
    await keyboard.press('Tab');
    await expect(preferences.back('Contribute')).toBeFocused();
    await keyboard.press('Tab');
    await expect(preferences.control('While you use the computer')).toBeFocused();
    await keyboard.press('ArrowRight');
    await expect(preferences.lastChange).toContainText('While you use the computer: 75 % → 76 %.');
    expect(await changes()).toEqual([
      ['set', 'preset', 'generous'],
      ['set', 'contribute', false],
      ['set', 'inUse.share', 0.76],
    ]);
  });

  test('hand over percent, nothing, names and choices as the host keeps them', async () => {
    const fill = async (name: string, value: string): Promise<void> => {
      const before = (await changes()).length;
      await preferences.control(name).fill(value);
      await preferences.control(name).blur();
      await expect.poll(async () => (await changes()).length).toBe(before + 1);
    };
    await fill('On battery, work only above', '55');
    await fill('Other programs need more than', '');
    await fill('One of these programs runs', 'blender, zoom,');
    await fill('Time zone', 'Europe/Berlin');
    await fill('Memory', '1024');
    await preferences.control('Accelerator').selectOption('tcg');
    expect(await changes()).toEqual([
      ['set', 'battery.aboveCharge', 0.55],
      ['set', 'pauseOn.load', null],
      ['set', 'pauseOn.programs', ['blender', 'zoom']],
      ['set', 'schedule.timeZone', 'Europe/Berlin'],
      ['set', 'vm.memoryBytes', 1024 ** 3],
      ['set', 'vm.accelerator', 'tcg'],
    ]);
    await expect(preferences.control('One of these programs runs')).toHaveValue('blender, zoom');
  });

  test('hand over limits, a proxy, addresses and certificates; an empty field is what it says', async () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    const given: readonly (readonly [name: string, shown: string, key: string, value: unknown])[] = [
      ['At most in a day', '500', 'network.quotaDayBytes', 500 * 1024 ** 2],
      ['At most in a day', '', 'network.quotaDayBytes', null],
      ['Load at most', '64', 'network.downBytesPerSecond', 64 * 1024],
      ['Proxy', 'http://proxy.example.org:3128', 'network.proxy', 'http://proxy.example.org:3128'],
      ['Proxy', '', 'network.proxy', 'system'],
      ['Projects and pools', 'https://a.example/', 'grids.permitted', ['https://a.example/']],
      ['Projects and pools', '', 'grids.permitted', null],
      ['Price of a kilowatt-hour', '0.315', 'energy.pricePerKwh', 0.315],
      ['Currency of that price', 'usd', 'energy.currency', 'USD'],
      ['Certificates to trust', certificate, 'network.authorities', certificate],
      ['Certificates to trust', '', 'network.authorities', null],
    ];
    for (const [index, [name, shown, key, value]] of given.entries()) {
      await preferences.control(name).fill(shown);
      await preferences.control(name).blur();
      await expect.poll(async () => (await changes())[index]).toEqual(['set', key, value]);
    }
    await expect(preferences.control('Projects that your organization joins')).toHaveText('0');
    await gallery.app.evaluate(() => {
      globalThis.gallery.lock({
        'grids.boinc': [{ url: 'https://a.example/', key: 'a'.repeat(32), share: 100, contacts: [] }],
      });
    });
    await expect(preferences.control('Projects that your organization joins')).toHaveText('1');
  });

  test('keep what cannot be held out, and say why', async () => {
    await preferences.control('Idle after').fill('1');
    await preferences.control('Idle after').press('Enter');
    const row = preferences.row('Idle after');
    await expect(row.getByRole('alert')).toHaveText('It may be from 2 s to 31,622,400 s. It stays 180 s.');
    await expect(preferences.control('Idle after')).toHaveValue('180');
    await preferences.control('Idle after').fill('');
    await preferences.control('Idle after').press('Enter');
    await expect(row.getByRole('alert')).toHaveText('It must be a number. It stays 180 s.');
    await expect(preferences.control('Idle after')).toHaveValue('180');
    const load = preferences.control('Other programs need more than');
    await load.press('ControlOrMeta+a');
    await load.pressSequentially('-');
    await load.press('Enter');
    await expect(preferences.row('Other programs need more than').getByRole('alert')).toHaveText(
      'It must be a number. It stays 40 %.',
    );
    await expect(load).toHaveValue('40');
    await preferences.control('Proxy').fill('nonsense');
    await preferences.control('Proxy').press('Enter');
    await expect(preferences.row('Proxy').getByRole('alert')).toHaveText(
      '"network.proxy" cannot hold this value.',
    );
    await expect(preferences.control('Proxy')).toHaveValue('');
    await expect(preferences.undo).toHaveCount(0);
    await preferences.control('Idle after').fill('30');
    await preferences.control('Idle after').press('Enter');
    await expect(row.getByRole('alert')).toHaveCount(0);
    expect(await changes()).toEqual([
      ['set', 'network.proxy', 'nonsense'],
      ['set', 'idle.afterSeconds', 30],
    ]);
  });

  test('price electricity in a currency that there is, and in no other', async () => {
    await preferences.control('Price of a kilowatt-hour').fill('0.3');
    await preferences.control('Price of a kilowatt-hour').press('Enter');
    await expect(preferences.group('Electricity')).toContainText('€0.30 per kWh');
    await preferences.control('Currency of that price').fill('eu');
    await preferences.control('Currency of that price').press('Enter');
    await expect(preferences.row('Currency of that price').getByRole('alert')).toBeVisible();
    await expect(preferences.control('Currency of that price')).toHaveValue('EUR');
    await expect(preferences.group('Electricity')).toContainText('€0.30 per kWh');
  });

  test('say in a line what is set, and are found by their names', async () => {
    const summary = (title: string) => preferences.group(title).getByRole('paragraph').first();
    await expect(summary('How much')).toHaveText('In use 25 %, idle 100 %, locked 100 %');
    await preferences.control('Contribute').click();
    await expect(summary('How much')).toHaveText('Turned off');
    await preferences.search.fill('CPU');
    await expect(gallery.page.getByText('4 settings')).toBeVisible();
    await expect(preferences.group('What stops it')).toHaveCount(0);
    await preferences.control('CPU at most').fill('60');
    await preferences.control('CPU at most').press('Enter');
    await expect(preferences.lastChange).toContainText('CPU at most: 75 °C → 60 °C.');
    await preferences.search.fill('xyzzy');
    await expect(gallery.page.getByText('No setting fits.')).toBeVisible();
    await preferences.search.press('Escape');
    await expect(preferences.preset('Balanced')).toBeVisible();
  });

  test('offer the languages in a menu, by keyboard', async () => {
    const { keyboard } = gallery.page;
    const menu = preferences.control('Language');
    await menu.focus();
    await keyboard.press('Enter');
    await expect(gallery.page.getByRole('listbox').getByRole('option')).toHaveText([
      'As the system',
      'English',
      ...['Deutsch', 'Français', 'Español', '日本語', 'العربية'].map(
        (name) => `${name}No speaker has checked it`,
      ),
    ]);
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect(menu).toContainText('English');
    await expect(preferences.row('Language')).toContainText('changed by you');
    await preferences.back('Language').click();
    await expect(preferences.row('Language')).toContainText('built in');
    expect(await changes()).toEqual([
      ['set', 'ui.language', 'en'],
      ['unset', 'ui.language'],
    ]);
  });

  test('fit a narrow window, and a middling one with large letters', async () => {
    await gallery.narrow();
    expect(await overflow(gallery.page)).toBe(0);
    await gallery.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.setBounds({ width: 640, height: 600 });
    });
    await gallery.page.waitForFunction(() => window.innerWidth > 600);
    const wide = await gallery.page.evaluate(() => {
      document.documentElement.style.fontSize = '200%';
      const parts = [...document.querySelectorAll('main *')];
      return parts.filter((part) => part.getBoundingClientRect().right > window.innerWidth + 1).length;
    });
    expect(wide).toBe(0);
  });

  test('say what Gleaner sees, and what it does not know', async () => {
    await gallery.app.evaluate(() => {
      globalThis.gallery.host.sensorTroubles = [{ sensor: 'power', words: 'UPower does not answer' }];
    });
    await preferences.show(sees);
    const signal = (name: string) => gallery.page.locator('.signals > div').filter({ hasText: name });
    await expect(signal('Your input')).toHaveText('Your inputnoticed at once, by X11');
    await expect(signal('Load of other programs')).toHaveText('Load of other programs7 %');
    await expect(signal('CPU temperature')).toHaveText('CPU temperatureunknown');
    await gallery.show('manual', 'Preferences');
    await expect(signal('CPU temperature')).toHaveText('CPU temperaturenot looked at now');
    await gallery.show('working', 'Preferences');
    await expect(gallery.page.getByText('“power” does not work: UPower does not answer')).toBeVisible();
    await gallery.app.evaluate(() => {
      const { host } = globalThis.gallery;
      host.signals = { ...host.signals, call: true };
    });
    await expect(signal('Microphone or camera')).toHaveText('Microphone or camerain use');
  });
});
