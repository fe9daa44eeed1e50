import { describe, expect, it } from 'vitest';
import { noticeWords } from '../../electron/shell/notice-words.ts';
import type { Notice } from '../../electron/shell/notices.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { fakeDenial } from '../fakes/fake-grid-views.ts';
import { fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';

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
    expect(await say({ kind: 'attention', failure: qemu, others: 2, place })).toEqual({
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

  it('holds no markup, no controls and no endless names of others', async () => {
    const title = `<a href="x">click</a>\n\u202e${'long '.repeat(200)}`;
    const { body } = await say({ kind: 'finished', job: fakeJob({ title }), others: 0, place });
    expect(body).not.toMatch(/[<>\p{Cc}\p{Cf}]/u);
    expect(body.length).toBeLessThanOrEqual(80);
  });
});
