// The whole way on the real thing: the app, its host, QEMU, the stock client, and the stand-in for a project.
// `npm run test:grid-e2e`: in a network of its own, since the stand-in is at a public address.
import { expect, test } from '@playwright/test';
import { GridsPage, JoinPage } from '../e2e/support/grid-pages.ts';
import { WelcomePage } from '../e2e/support/health-pages.ts';
import { firstWindow, launch, makeHome } from '../e2e/support/launch.ts';
import { MainPage } from '../e2e/support/pages.ts';
import { startStandIn } from '../fakes/boinc-project/stand-in.ts';

const project = 'Stand-in';

test('a volunteer comes from the welcome page to a credited task without leaving the window', async ({}, info) => {
  const standIn = await startStandIn({ host: '45.33.1.1', name: project });
  standIn.project.nextContactSeconds = 5;
  standIn.account('person@example.org', 'a password', 'A person');
  const task = standIn.addTask({ cpuSeconds: 5, untilTold: true, credit: 7.5 });
  // The sample's jobs stand back behind any project.
  const home = makeHome({ 'inUse.share': 1, 'pauseOn.load': null, 'grids.localShare': 0 });
  const app = await launch({ homeDir: home.homeDir });
  try {
    const page = await firstWindow(app);
    const [welcome, join, grids] = [new WelcomePage(page), new JoinPage(page), new GridsPage(page)];
    await welcome.toWork();
    await welcome.choose.click();
    await join.lookAt(standIn.masterUrl);
    await expect(join.title).toHaveText(`${project} asks for this`);
    await expect(join.contacts.getByRole('listitem')).toHaveText(['45.33.1.1:80', '45.33.1.1:443']);
    await join.agree.click();
    await join.way('E-mail and password').check();
    await join.field('E-mail address').fill('person@example.org');
    await join.field('Password').fill('a password');
    await join.join.click();
    await expect(join.title).toHaveText(`You have joined ${project}`);
    await join.goOn.click();
    // Both pages have a button of that name.
    await expect(welcome.step).toHaveText('How much');
    await welcome.next.click();
    await expect(welcome.part('What it may contact').getByRole('listitem')).toHaveText([
      '45.33.1.1:80',
      '45.33.1.1:443',
    ]);
    await welcome.agree.click();
    await grids.open();
    await grids.showDetails(project);

    const card = grids.card(project);
    await expect(card).toContainText('Working');
    await expect(grids.part(project, 'About the project')).toContainText('A person');
    await expect(grids.task(task.name)).toContainText('Running');
    const main = new MainPage(page);
    await main.openTab('Home');
    await expect(main.card('Now')).toContainText(task.name);

    standIn.tell(task);
    await standIn.until(() => task.verdict !== null);
    expect(task).toMatchObject({ verdict: 'valid', exitStatus: 0 });
    // A project says what it credits when it is asked the next time.
    await grids.open();
    await grids.press(`Update ${project}: ask for news and work`).click();
    await expect(card).toContainText('Credit here7.5');
    expect(task.granted).toBe(7.5);
    await main.openTab('Home');
    await expect(main.card('Today')).toContainText(`Earned (${project})7.5 creditobserved`);
    await main.openTab('Activity');
    await expect(main.job(task.name)).toContainText('Done');
    await expect(main.job(task.name)).toContainText('pending');
    const credit = page.getByRole('row').filter({ hasText: 'Credit, as the project tells it' });
    await expect(credit).toContainText('+7.5 credit');

    // Offline: said where one looks, with what to do; nothing else stops, and it mends itself.
    await standIn.goDown();
    await grids.open();
    await grids.press(`Update ${project}: ask for news and work`).click();
    await expect(card).toContainText('cannot be reached');
    await join.open();
    await join.lookAt('http://45.33.1.2/other/');
    await expect(join.failure).toContainText('cannot be reached');
    await expect(join.failure).toContainText('Check the address and your connection.');
    await main.openTab('Home');
    await expect(main.state).toHaveText('Waiting');
    await expect(main.card('Today')).toContainText('7.5 credit');
    await standIn.comeUp();
    const later = standIn.addTask({ cpuSeconds: 5, credit: 2.5 });
    await grids.open();
    await grids.press(`Update ${project}: ask for news and work`).click();
    await standIn.until(() => later.verdict !== null);
    await expect(card).not.toContainText('cannot be reached');
  } finally {
    await app.close();
    await home.keepLog(info);
    home.remove();
    await standIn.dispose();
  }
});
