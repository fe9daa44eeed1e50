import { beforeAll, describe, expect, it } from 'vitest';
import { GridState, TaskState } from '../../electron/contract/grids.ts';
import { ContactSource, denialReasons } from '../../electron/contract/network.ts';
import type { SettingKey } from '../../electron/contract/settings.ts';
import { ahead, figure } from '../../renderer/text/format.ts';
import { finishedWords, gridNames, jobSource } from '../../renderer/text/grid-names.ts';
import { t } from '../../renderer/text/say.ts';
import { controlOf } from '../../renderer/text/setting-rows.ts';
import { countOf, valueWords } from '../../renderer/text/setting-value.ts';
import { placeOf } from '../../renderer/views/contacts.tsx';
import { fakeGrid } from '../fakes/fake-grid-views.ts';
import { speakIn } from '../fakes/speak.ts';

beforeAll(() => speakIn('en'));

describe('words of grids', () => {
  it('are there for every state, source and reason, and tell them apart', () => {
    const lists = [
      GridState.options.map((state) => t(`grids:state.${state}`)),
      TaskState.options.map((state) => t(`grids:taskState.${state}`)),
      ContactSource.options.map((source) => t(`grids:contactSource.${source}`)),
      denialReasons.map((reason) => t(`grids:denialReason.${reason}`)),
    ];
    for (const words of lists) {
      expect(words.every((word) => word.length > 3)).toBe(true);
      expect(new Set(words).size).toBe(words.length);
    }
  });

  it('say what is lost by leaving, and how often something was refused', () => {
    expect(t('grids:leaveTasks', { tasks: 0 })).toBe('No task of it is unfinished.');
    expect(t('grids:leaveTasks', { tasks: 1 })).toContain('1 task that is not finished is given up');
    expect(t('grids:leaveTasks', { tasks: 3 })).toContain('3 tasks that are not finished are given up');
    expect(t('grids:denialTimes', { count: 1, when: '2 min ago' })).toBe('2 min ago');
    expect(t('grids:denialTimes', { count: 4, when: '2 min ago' })).toBe('4 times, the last 2 min ago');
    expect(finishedWords({ done: 14, failed: 1, aborted: 2 })).toBe('14 · 1 failed · 2 aborted');
    expect(finishedWords({ done: 0, failed: 0, aborted: 0 })).toBe('0');
  });

  it('name a grid, or what is left of one, and where a job comes from', () => {
    const name = gridNames([fakeGrid()]);
    expect([name('boinc-orchard'), name('boinc-gone')]).toEqual(['Prime Orchard', 'boinc-gone']);
    expect(jobSource({ grid: 'local', owner: 'me' }, 'This computer')).toBe('for me');
    expect(jobSource({ grid: 'boinc-a', owner: 'A' }, 'A')).toBe('A');
    expect(jobSource({ grid: 'boinc-a', owner: '' }, 'A')).toBe('A');
    expect(jobSource({ grid: 'boinc-a', owner: 'me' }, 'A')).toBe('A · for me');
  });

  it('write places, times ahead and much credit as a person does', () => {
    expect(placeOf({ host: 'a.example', port: 443 })).toBe('a.example:443');
    expect(placeOf({ host: '2001:db8::1', port: 80 })).toBe('[2001:db8::1]:80');
    const hour = 3_600_000;
    expect([ahead(0, 5), ahead(1.6 * 60_000, 0), ahead(23 * hour, 0), ahead(72 * hour, 0)]).toEqual([
      'in a moment',
      'in 2 min',
      'in 23 h',
      'in 3 days',
    ]);
    expect([figure(88_410.55), figure(0)]).toEqual(['88,410.6', '0']);
  });
});

describe('the rows of grids and network', () => {
  const words = (key: SettingKey, value: Parameters<typeof valueWords>[1]): string =>
    valueWords(controlOf(key), value);

  it('say limits, addresses, certificates and counts', () => {
    expect(words('network.quotaDayBytes', 500 * 1024 ** 2)).toBe('500 MiB');
    expect(words('network.quotaDayBytes', null)).toBe('no limit');
    expect(words('network.upBytesPerSecond', 64 * 1024)).toBe('64 KiB/s');
    expect(words('network.proxy', 'system')).toBe('as the system');
    expect(words('network.proxy', 'none')).toBe('none');
    expect(words('network.authorities', null)).toBe('none');
    expect(words('network.authorities', '-----BEGIN CERTIFICATE-----')).toBe('given');
    expect(words('grids.permitted', null)).toBe('any');
    expect(words('grids.permitted', [])).toBe('none');
    expect(words('grids.boinc', [{ url: 'https://a.example/' }])).toBe('1');
    expect(countOf('odd')).toBe(0);
  });
});
