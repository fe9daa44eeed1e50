import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { CheckoutImages } from '../../electron/host/checkout-images.ts';

let dir = '';
let images: CheckoutImages;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'checkout-'));
  mkdirSync(join(dir, 'resources', 'guest'), { recursive: true });
  images = new CheckoutImages({ checkoutDir: dir, nodePath: process.execPath, log: silentLog });
});
afterEach(() => {
  images.dispose();
  rmSync(dir, { recursive: true });
});

/** A stand-in for the checkout's build script. */
function script(text: string): void {
  writeFileSync(join(dir, 'resources', 'guest', 'build.ts'), text);
}

const report = {
  dir: '/images/new',
  updated: true,
  builtAt: 5,
  packages: [
    { name: 'libssl3t64', from: '3.5.1', to: '3.5.2' },
    { name: 'new', from: null, to: '1' },
  ],
};

test('tells what the builder reports, asked for an update in JSON; its folder is the one in use', async () => {
  script(
    `console.log(JSON.stringify({ ...${JSON.stringify(report)}, words: process.argv.slice(2), more: 1 }))`,
  );
  const { dir: folder, ...answer } = report;
  expect(await images.update()).toEqual(answer);
  script('console.log("elsewhere")');
  expect(await images.folder()).toBe(folder);
  script(
    `console.log(process.argv.includes('--update') && process.argv.includes('--json') ? ${JSON.stringify(JSON.stringify(report))} : '')`,
  );
  expect(await images.update()).toEqual(answer);
});

test('a build that somebody gives up ends, and the next one is as good as ever', async () => {
  script('setInterval(() => undefined, 1000); console.error("begun")');
  const end = new AbortController();
  const begun = new Promise<void>((resolve) => {
    images = new CheckoutImages({
      checkoutDir: dir,
      nodePath: process.execPath,
      log: {
        ...silentLog,
        info: () => {
          resolve();
        },
      },
    });
  });
  const failing = expect(images.rebuild(end.signal)).rejects.toMatchObject({ code: 'image-build-failed' });
  await begun;
  end.abort();
  await failing;
  await expect(images.update(end.signal)).rejects.toMatchObject({ code: 'image-build-failed' });
  script('console.log("/images")');
  expect(await images.rebuild()).toBe('/images');
});

test('a builder that fails, or makes no sense, is told', async () => {
  script('console.error("guest image: mirror-unreachable: no network"); process.exit(1)');
  const failing = expect(images.update()).rejects;
  await failing.toMatchObject({
    code: 'image-build-failed',
    message: 'The guest image could not be built: guest image: mirror-unreachable: no network',
  });
  for (const words of ['', 'no JSON', '{}', JSON.stringify({ ...report, builtAt: 'yesterday' })]) {
    script(`console.log(${JSON.stringify(words)})`);
    await expect(images.update()).rejects.toMatchObject({ code: 'image-build-failed' });
  }
});
