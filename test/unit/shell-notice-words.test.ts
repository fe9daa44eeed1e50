import { describe, expect, it } from 'vitest';
import { plainly } from '../../electron/contract/said.ts';
import { noticeWords } from '../../electron/shell/notice-words.ts';
import type { Notice, Trouble } from '../../electron/shell/notices.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { fakeDenial, fakeLocalGrid } from '../fakes/fake-grid-views.ts';
import { fakeContribution, fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';

const qemu = { code: 'qemu-missing', sentence: 'QEMU is not installed.', hint: 'Install it.' } as const;
const denial = fakeDenial({ grid: 'local', host: 'a.example', count: 1 });

describe('a notification in words', () => {
  const english = createSpeaker('en');
  const say = async (notice: Notice) => noticeWords(notice, fakeSnapshot(), await english);
  const place = { page: 'home' } as const;

  it('is short and true', async () => {
    const row = { grid: 'local', unit: 'points', settled: 5, pending: 9, observed: 0.126 };
    expect(await say({ kind: 'firstCredit', row, place })).toEqual({
      title: 'Your computer’s first credit',
      body: 'This computer: 5.13 points. Thank you.',
    });
    expect(
      await say({ kind: 'attention', trouble: { of: 'failure', failure: qemu }, others: 2, place }),
    ).toEqual({
      title: 'Gleaner needs attention',
      body: 'QEMU is not installed. Install it. And 2 more.',
    });
    expect(await say({ kind: 'denied', denial: denial, others: 1, place })).toEqual({
      title: 'Gleaner stopped a connection',
      body: 'This computer wanted to reach a.example, which is not on its list. And 1 more place.',
    });
    expect((await say({ kind: 'finished', job: fakeJob(), others: 0, place })).title).toBe('A job is done');
    expect(await say({ kind: 'finished', job: fakeJob(), others: 2, place })).toEqual({
      title: '3 jobs are done',
      body: 'Option book 1 of 10',
    });
  });

  it('says in another language what the host says in English', async () => {
    // No other is at hand: its messages are English, but what the host has written is not used.
    const other = { ...(await english), language: 'de' } as const;
    const told = (trouble: Trouble): string =>
      noticeWords({ kind: 'attention', trouble, others: 0, place }, fakeSnapshot(), other).body;
    expect(told({ of: 'failure', failure: { ...qemu, sentence: 'Own words.', hint: 'Own hint.' } })).toBe(
      'QEMU, which runs the virtual machine, is not installed on this computer. Install QEMU.',
    );
    const contribution = fakeContribution({ sentence: 'Own words.', said: plainly('state.giving-back') });
    expect(told({ of: 'computer', contribution })).toBe('Giving your computer back.');
    const grid = fakeLocalGrid({ sentence: 'Own words.', said: plainly('grid.attention') });
    expect(told({ of: 'grid', grid })).toBe('It needs to be looked at.');
  });

  it('holds no markup, no controls and no endless names of others', async () => {
    const title = `<a href="x">click</a>\n\u202e${'long '.repeat(200)}`;
    const { body } = await say({ kind: 'finished', job: fakeJob({ title }), others: 0, place });
    expect(body).not.toMatch(/[<>\p{Cc}\p{Cf}]/u);
    expect(body.length).toBeLessThanOrEqual(80);
  });
});
