import { type ElectronApplication, expect, type Page, test } from '@playwright/test';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import type { PageBridge } from '../../renderer/bridge/page-bridge.ts';
import { type Display, startDisplay } from '../../resources/dev/display.ts';
import { FakeX11Desktop } from '../fakes/fake-x11-desktop.ts';
import { runCli } from './support/cli.ts';
import { firstWindow, type Home, launch, makeHome } from './support/launch.ts';
import { MachineService } from './support/machine-service.ts';
import { MainPage, PreferencesPage } from './support/pages.ts';
import type { Ended } from './support/processes.ts';
import { stays } from './support/stays.ts';

/** A full disk, as this profile has it, keeps the VM from being started: what sessions do shows in the reasons. */
const profile: SettingsLayer = {
  'host.place': 'service',
  'inUse.share': 0,
  'idle.afterSeconds': 3,
  'resume.afterSeconds': 5,
  'pauseOn.load': null,
  'pauseOn.fullScreen': true,
  'pauseOn.diskFreeBelowBytes': 2 ** 52,
};
const inUse = 'Paused: you are using the computer';
const fullScreen = 'Paused: a program fills the screen';
const atRest = 'Paused: the disk is nearly full';

/** One person: a screen, and the app on it. */
interface Person {
  readonly display: Display;
  readonly desktop: FakeX11Desktop;
  readonly home: Home;
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly main: MainPage;
}

async function logIn(service: MachineService): Promise<Person> {
  const display = await startDisplay();
  const home = makeHome({});
  const app = await launch({ homeDir: home.homeDir, env: { ...display.env, ...service.env } });
  const page = await firstWindow(app);
  const main = new MainPage(page);
  await main.openTab('Home');
  return { display, desktop: await FakeX11Desktop.open(display.env), home, app, page, main };
}

async function logOut({ display, desktop, home, app }: Person): Promise<void> {
  await app.close();
  desktop.close();
  await display.close();
  home.remove();
}

const pauseFrom = (page: Page): Promise<unknown> =>
  page.evaluate(async () => {
    const { gleaner } = globalThis as unknown as { gleaner: PageBridge };
    return await gleaner.call('pause', { length: '30m' });
  });

test.describe('a service of the machine, and two people', () => {
  test.skip(process.getuid?.() !== 0, 'another place of profiles is root’s to choose');
  test.describe.configure({ mode: 'serial' });

  let service: MachineService;
  let anna: Person;
  let ben: Person;
  /** Who has not logged out. */
  let here: readonly Person[] = [];
  const comeIn = async (): Promise<Person> => {
    const person = await logIn(service);
    here = [...here, person];
    return person;
  };
  const leave = async (person: Person): Promise<void> => {
    here = here.filter((other) => other !== person);
    await logOut(person);
  };
  const run = (...args: string[]): Promise<Ended> => runCli(service.env, ...args);
  const both = async (what: (person: Person) => Promise<void>): Promise<void> => {
    await Promise.all([anna, ben].map(what));
  };
  const bothSee = (sentence: string): Promise<void> =>
    both(async ({ main }) => {
      await expect(main.seen(sentence)).toBeVisible();
    });

  test.beforeAll(async () => {
    service = new MachineService();
    service.lock(profile);
    await service.start();
    // Root's command line is an administrator's.
    expect((await run('jobs', 'sample')).code).toBe(0);
    anna = await comeIn();
    ben = await comeIn();
  });
  test.afterAll(async () => {
    await Promise.all(here.map(logOut));
    await service.stop();
    service.remove();
  });

  test('input on either screen is seen by the one host, and both are told', async () => {
    await bothSee(atRest);
    for (const { desktop } of [anna, ben]) {
      await stays(desktop, () => bothSee(inUse));
      await bothSee(atRest);
    }
    // By event, in the sessions: nobody polls.
    const told = JSON.parse((await run('policy', 'explain', '--json')).stdout) as {
      signals: { inputSource: string };
    };
    expect(told.signals.inputSource).toBe('x11');
  });

  test('a pause of one is the other’s, too', async () => {
    await anna.main.pause('Pause for 30 minutes').click();
    await both(async ({ main }) => {
      await expect(main.state).toHaveText('Paused');
    });
    await ben.main.resume.click();
    await bothSee(atRest);
  });

  test('people change nothing else', async () => {
    const refused = await ben.page.evaluate(async () => {
      const { gleaner } = globalThis as unknown as { gleaner: PageBridge };
      return [
        await gleaner.call('settings.set', { key: 'idle.share', value: 1 }),
        await gleaner.call('jobs.sample', {}),
      ];
    });
    for (const answer of refused)
      expect(answer).toMatchObject({ ok: false, failure: { code: 'not-permitted' } });
    const preferences = new PreferencesPage(ben.page);
    await preferences.open();
    await expect(
      ben.page.getByText('This computer’s administrator alone changes these values.'),
    ).toBeVisible();
    await preferences.showAll();
    await expect(ben.page.locator('.setting').locator('input:enabled, select:enabled')).toHaveCount(0);
    await ben.main.openTab('Home');
  });

  test('no second host comes about', async () => {
    const second = await run('run', '--service');
    expect(second).toMatchObject({ code: 4 });
    expect(second.stderr).toContain('already-running');
    const own = await run('run', '--headless');
    expect(own).toMatchObject({ code: 4 });
    expect(own.stderr).toContain('not-permitted');
  });

  test('a session that ends takes with it what it showed', async () => {
    const window = ben.desktop.window();
    await ben.desktop.setStates(window, ['_NET_WM_STATE_FULLSCREEN']);
    await ben.desktop.activate(window);
    await bothSee(fullScreen);
    // Its screen is as it was; only the session is gone.
    await ben.app.close();
    await expect(anna.main.seen(atRest)).toBeVisible();
    await leave(ben);
    ben = await comeIn();
    await bothSee(atRest);
  });

  test('where only administrators may pause, people cannot', async () => {
    service.lock({ ...profile, 'service.mayPause': 'administrators' });
    await both(async ({ main }) => {
      await expect(main.seen('Pausing and resuming are up to your administrator.')).toBeVisible();
      await expect(main.pause('Pause for 30 minutes')).toHaveCount(0);
    });
    expect(await pauseFrom(anna.page)).toMatchObject({ ok: false, failure: { code: 'not-permitted' } });
    expect((await run('pause', '30m')).code).toBe(0);
    await both(async ({ main }) => {
      await expect(main.state).toHaveText('Paused');
    });
    expect((await run('resume')).code).toBe(0);
    service.lock(profile);
    await both(async ({ main }) => {
      await expect(main.pause('Pause for 30 minutes')).toBeVisible();
    });
    expect(await pauseFrom(anna.page)).toMatchObject({ ok: true });
    expect((await run('resume')).code).toBe(0);
  });

  test('a service that is killed is waited for, and found again by both', async () => {
    await bothSee(atRest);
    await service.die();
    await both(async ({ main }) => {
      await expect(main.state).toHaveText('Needs attention');
    });
    const asked = await run('status');
    expect(asked).toMatchObject({ code: 3 });
    expect(asked.stderr).toContain('systemctl start gleaner');
    await service.start();
    await bothSee(atRest);
    await stays(anna.desktop, () => bothSee(inUse));
  });

  test('a profile that wants no service any more ends it, saved, with 0', async () => {
    // An app that runs would start anew, with a host of its own.
    await leave(anna);
    await leave(ben);
    service.lock({ ...profile, 'host.place': 'session' });
    expect(await service.ended()).toBe(0);
    expect((await run('service', 'wanted')).code).toBe(1);
  });
});
