import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Authority, makeAuthority } from '../fakes/boinc-project/certificates.ts';
import { type StandIn, startStandIn } from '../fakes/boinc-project/stand-in.ts';
import { resultOf } from '../fakes/boinc-project/tasks.ts';
import type { FakeDnsServer } from '../fakes/dns-server.ts';
import { namedTest } from '../fixtures/names.ts';
import { StockClient, unpackAppliance } from './stock-client.ts';

let rootDir: string;

beforeAll(() => {
  rootDir = unpackAppliance();
});

afterAll(() => {
  rmSync(rootDir, { recursive: true, force: true });
});

/** A stand-in at `project.example`, and a client that was not started yet. Both end with the test. */
async function begin(
  names: FakeDnsServer,
  authority?: Authority,
): Promise<{ standIn: StandIn; client: StockClient }> {
  names.set('project.example', ['45.33.1.1']);
  const standIn = await startStandIn({
    host: 'project.example',
    address: '45.33.1.1',
    ...(authority ? { tls: authority } : {}),
  });
  onTestFinished(() => standIn.dispose());
  const client = new StockClient(rootDir, authority?.certificate);
  onTestFinished(({ task }) => {
    if (task.result?.state === 'fail') console.error(client.log());
    return client.dispose();
  });
  return { standIn, client };
}

describe('the stand-in, as the stock client sees it', () => {
  namedTest('has tasks fetched, computed, uploaded, judged and credited', async ({ names }) => {
    const { standIn, client } = await begin(names);
    standIn.project.nextContactSeconds = 5;
    standIn.project.holdsCredit = true;
    const user = standIn.account('person@example.org', 'a password', 'A <person>');
    const good = standIn.addTask({ cpuSeconds: 3, outputBytes: 300_000, inputBytes: 200_000, credit: 7.5 });
    const failing = standIn.addTask({ failWith: 7 });
    const script = standIn.addTask({ script: 'echo here; pwd; ls', credit: 1 });
    standIn.trouble('upload', { kind: 'cut', afterBytes: 150_000 });
    await client.start();
    await client.attach(standIn.masterUrl, user.weakKey);
    // On a connection that it used before, the client's library tries once more by itself.
    await standIn.until(() => good.uploadedFrom.length === 2);
    standIn.trouble('upload', null);
    // After a failure it would wait for a minute or two.
    await says(client, 'Computation for task count_2_0 finished');
    await standIn.until(() => (good.output?.length ?? 0) > 300_000 && script.output !== null);
    await client.update(standIn.masterUrl);
    await standIn.until(() => standIn.project.tasks.every(({ verdict }) => verdict !== null));
    expect(standIn.project.accounts.hosts.map(({ credit }) => credit)).toEqual([0]);
    standIn.project.holdsCredit = false;
    await standIn.until(() => standIn.project.earned.length === 0);
    const known = standIn.count('scheduler');
    await standIn.until(() => standIn.count('scheduler') > known);

    expect(good).toMatchObject({ verdict: 'valid', exitStatus: 0, granted: 7.5 });
    expect(good.uploadedFrom.at(-1)).toBeGreaterThan(0);
    expect(resultOf(good)?.starts).toEqual([0]);
    expect(good.cpuSeconds).toBeGreaterThanOrEqual(2.5);
    expect(failing).toMatchObject({ verdict: 'failed', exitStatus: 7, granted: null });
    expect(failing.stderr).toContain('fails as it was asked to');
    expect(script.output?.toString()).toMatch(/^here\n\/data\/slots\/\d+\n/);
    const status = await client.rpc('<get_project_status/>');
    expect(status).toContain('<host_total_credit>8.500000</host_total_credit>');
    expect(status).toContain('<user_name>A &lt;person></user_name>');
    // What the client did not understand, or did not like.
    expect(client.log()).not.toMatch(/unparsed_xml\] [^l]|signature|No start tag|Can't parse/);
    expect(standIn.requests.map(({ path }) => path).join('\n')).not.toContain('?');
  });

  namedTest(
    'has a task go on from its checkpoint after a kill, a quit and a suspension',
    async ({ names }) => {
      const { standIn, client } = await begin(names);
      standIn.project.requestDelaySeconds = 0;
      const user = standIn.account('person@example.org', 'a password');
      const task = standIn.addTask({ cpuSeconds: 20, checkpointSeconds: 0.5 });
      await client.start();
      await client.attach(standIn.masterUrl, user.key);
      await sees(client, ({ checkpoint }) => checkpoint > 1);
      await client.kill();
      await client.start();
      await sees(client, ({ checkpoint }) => checkpoint > 3);
      await client.rpc('<set_run_mode>\n<never/>\n<duration>0</duration>\n</set_run_mode>');
      const still = await twice(
        client,
        () => lookAt(client),
        (a, b) => a.cpu === b.cpu,
      );
      await client.rpc('<set_run_mode>\n<always/>\n<duration>0</duration>\n</set_run_mode>');
      await sees(client, ({ cpu }) => cpu > still.cpu + 1);
      await client.quit();
      await client.start();
      await standIn.until(() => task.verdict !== null);
      expect(task.verdict).toBe('valid');
      const starts = resultOf(task)?.starts ?? [];
      expect(starts).toHaveLength(3);
      expect(starts[0]).toBe(0);
      expect(starts[1]).toBeGreaterThan(0);
      expect(starts[2]).toBeGreaterThan(starts[1] ?? Infinity);
    },
  );

  namedTest('speaks HTTPS, refuses keys, and has a task that hangs', async ({ names }) => {
    const { standIn, client } = await begin(names, makeAuthority());
    const user = standIn.account('person@example.org', 'a password');
    const task = standIn.addTask({ cpuSeconds: 3, hang: 'always' });
    await client.start();
    await client.attach(standIn.masterUrl, '0123456789abcdef0123456789abcdef');
    await says(client, 'Invalid or missing account key');
    expect(task.hostId).toBeNull();
    await client.rpc(`<project_detach>\n<project_url>${standIn.masterUrl}</project_url>\n</project_detach>`);
    await client.attach(standIn.masterUrl, user.weakKey);
    await sees(client, ({ cpu }) => cpu > 1.4);
    const before = await lookAt(client);
    const after = await sees(client, ({ elapsed }) => elapsed > before.elapsed + 3);
    expect(after.cpu - before.cpu).toBeLessThan(1);
  });
});

test('the stand-in’s pages say what is wrong', async () => {
  const standIn = await startStandIn({ host: '45.33.1.2' });
  onTestFinished(() => standIn.dispose());
  const ask = async (page: string): Promise<string> => (await fetch(`${standIn.masterUrl}${page}`)).text();
  const user = standIn.account('person@example.org', 'a password');
  expect(await ask('get_project_config.php')).toContain(`<master_url>${standIn.masterUrl}</master_url>`);
  expect(await ask('lookup_account.php?email_addr=nobody@example.org')).toContain('<error_num>-136<');
  expect(await ask('lookup_account.php?email_addr=person@example.org&passwd_hash=1')).toContain('-206');
  expect(await ask(`am_get_info.php?account_key=${user.key}`)).toContain(user.weakKey);
  expect(await ask(`am_get_info.php?account_key=${user.weakKey}`)).toContain('-136');
  standIn.project.maintenance = true;
  expect(await ask(`lookup_account.php?email_addr=person@example.org`)).toContain('-183');
  standIn.project.maintenance = false;
  expect(await ask('nothing')).toBe('');
  expect(standIn.requests.at(-1)).toMatchObject({ page: 'missing', status: 404 });
  await standIn.goDown();
  await expect(ask('get_project_config.php')).rejects.toThrow();
  await standIn.comeUp();
  expect(await ask('get_project_config.php')).toContain('<project_config>');
});

interface Look {
  readonly cpu: number;
  readonly checkpoint: number;
  readonly elapsed: number;
}

/** What the client says of its one task. */
async function lookAt(client: StockClient): Promise<Look> {
  const text = await client.rpc('<get_results/>');
  const value = (name: string): number => Number(new RegExp(`<${name}>(.*)</${name}>`).exec(text)?.[1] ?? 0);
  return {
    cpu: value('current_cpu_time'),
    checkpoint: value('checkpoint_cpu_time'),
    elapsed: value('elapsed_time'),
  };
}

/** The client tells nothing by itself, so it is asked again and again, at the pace at which it looks at its tasks. */
async function sees(client: StockClient, wanted: (look: Look) => boolean): Promise<Look> {
  for (;;) {
    const look = await lookAt(client);
    if (wanted(look)) return look;
    await delay(500);
  }
}

/** Resolves when the words are in the client's log. */
async function says(client: StockClient, words: string): Promise<void> {
  while (!client.log().includes(words)) await delay(500);
}

/** Resolves with a look that fits the one before, two seconds earlier. */
async function twice(
  client: StockClient,
  look: () => Promise<Look>,
  fits: (before: Look, after: Look) => boolean,
): Promise<Look> {
  let before = await sees(client, () => true);
  for (;;) {
    await delay(2000);
    const after = await look();
    if (fits(before, after)) return after;
    before = after;
  }
}
