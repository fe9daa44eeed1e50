import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientConfig, clientFiles, preferences } from '../../electron/grid/boinc/preferences.ts';
import { workBuffer } from '../../electron/grid/boinc/work-buffer.ts';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const room = {
  vcpus: 2,
  memoryBytes: 1024 * MiB,
  agentMemoryBytes: 840 * MiB,
  diskBytes: 4 * GiB,
  authorities: null,
};
interface Element {
  [name: string]: number | string | Element;
}

/** As BOINC reads it: one element a line, each with a value or with elements in it. Throws for anything else. */
function read(xml: string): Element {
  const root: Element = {};
  const open: { readonly name: string; readonly element: Element }[] = [{ name: '', element: root }];
  for (const line of xml.trimEnd().split('\n')) {
    const [, end, name = '', , value] = /^ *<(\/?)([a-z0-9_]+)>(([^<>&]*)<\/\2>)?$/.exec(line) ?? [];
    const inside = open.at(-1);
    if (name === '' || !inside) throw new Error(`what is this: ${line}`);
    if (end === '/') {
      if (open.pop()?.name !== name) throw new Error(`not open: ${line}`);
    } else if (value === undefined) {
      const element: Element = {};
      inside.element[name] = element;
      open.push({ name, element });
    } else {
      inside.element[name] = Number.isNaN(Number(value)) ? value : Number(value);
    }
  }
  expect(open).toHaveLength(1);
  return root;
}

const partOf = (element: Element, name: string): Element => {
  const part = element[name];
  if (typeof part !== 'object') throw new Error(`there is no ${name}`);
  return part;
};

test('the client speaks through the gateway only, tells nothing of its surroundings, and reports at once', () => {
  expect(partOf(partOf(read(clientConfig(room)), 'cc_config'), 'options')).toMatchObject({
    allow_remote_gui_rpc: 0,
    dont_contact_ref_site: 1,
    ncpus: 2,
    no_gpus: 1,
    no_info_fetch: 1,
    proxy_info: { http_server_name: '127.0.0.1', http_server_port: 3128 },
    report_results_immediately: 1,
    suppress_net_info: 1,
    unsigned_apps_ok: 0,
  });
});

test('the client always runs, with all of the CPU, and within what its VM has', () => {
  const xml = preferences(room, { minDays: 0.25, additionalDays: 0.5 });
  const prefs = partOf(read(xml), 'global_preferences');
  expect(prefs).toMatchObject({
    run_on_batteries: 1,
    run_if_user_active: 1,
    suspend_cpu_usage: 0,
    niu_suspend_cpu_usage: 0,
    cpu_usage_limit: 100,
    niu_cpu_usage_limit: 100,
    leave_apps_in_memory: 1,
    work_buf_min_days: 0.25,
    work_buf_additional_days: 0.5,
    max_cpus: 2,
    disk_max_used_gb: 3.68,
    ram_max_used_busy_pct: 78,
    ram_max_used_idle_pct: 78,
  });
});

test('what lies in the data folder is for the client alone, and says so where there are no certificates', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const files = clientFiles({ ...room, authorities: pem }, workBuffer(1, 1), 'secret');
  expect(files.every(({ mode }) => mode === 0o600)).toBe(true);
  expect(files.find(({ path }) => path === 'gui_rpc_auth.cfg')?.content).toBe('secret');
  expect(files.find(({ path }) => path === 'authorities.pem')?.content).toBe(pem);
  const without = clientFiles(room, workBuffer(1, 1), 'secret');
  expect(without.find(({ path }) => path === 'authorities.pem')?.content).toBe('');
});

test('preferences stay within bounds for any room', () => {
  const bytes = fc.integer({ min: 0, max: 1024 * GiB });
  fc.assert(
    fc.property(
      fc.integer({ min: -1, max: 64 }),
      bytes,
      bytes,
      bytes,
      (vcpus, memoryBytes, agentMemoryBytes, diskBytes) => {
        const any = { vcpus, memoryBytes, agentMemoryBytes, diskBytes, authorities: null };
        const prefs = partOf(read(preferences(any, workBuffer(1, 1))), 'global_preferences');
        expect(prefs['ram_max_used_busy_pct']).toBeGreaterThanOrEqual(10);
        expect(prefs['ram_max_used_busy_pct']).toBeLessThanOrEqual(95);
        expect(prefs['max_cpus']).toBeGreaterThanOrEqual(1);
        expect(prefs['disk_max_used_gb']).toBeGreaterThanOrEqual(0.1);
        expect(Number(prefs['disk_max_used_gb']) * GiB).toBeLessThanOrEqual(Math.max(0.1 * GiB, diskBytes));
      },
    ),
  );
});

test('a VM that runs all the time hoards work for three quarters of a day, one that hardly runs next to nothing', () => {
  expect(workBuffer(1, 1)).toEqual({ minDays: 0.25, additionalDays: 0.5 });
  expect(workBuffer(0.3, 1)).toEqual({ minDays: 0.075, additionalDays: 0.15 });
  expect(workBuffer(0.9, 0.5)).toEqual(workBuffer(0.5, 1));
  expect(workBuffer(0, 1)).toEqual({ minDays: 0.01, additionalDays: 0.01 });
});

const part = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double());

test('the work buffer is bounded, and grows with what the VM gets and with what is its due', () => {
  fc.assert(
    fc.property(part, part, part, (a, b, due) => {
      const [less, more] = [workBuffer(Math.min(a, b), due), workBuffer(Math.max(a, b), due)];
      for (const { minDays, additionalDays } of [less, more]) {
        expect(minDays).toBeGreaterThanOrEqual(0.01);
        expect(additionalDays).toBeGreaterThanOrEqual(0.01);
        expect(minDays).toBeLessThanOrEqual(0.25);
        expect(additionalDays).toBeLessThanOrEqual(0.5);
      }
      if (Number.isNaN(a) || Number.isNaN(b)) return;
      expect(less.minDays).toBeLessThanOrEqual(more.minDays);
      expect(less.additionalDays).toBeLessThanOrEqual(more.additionalDays);
      expect(workBuffer(due, a)).toEqual(workBuffer(a, due));
    }),
  );
});

test('what is fetched is done in less than a day of a VM that is there as much as it was', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.05, max: 1, noNaN: true }), (availability) => {
      const { minDays, additionalDays } = workBuffer(availability, 1);
      expect((minDays + additionalDays) / availability).toBeLessThanOrEqual(1);
    }),
  );
});
