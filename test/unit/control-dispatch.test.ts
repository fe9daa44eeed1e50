import { describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { commands } from '../../electron/contract/commands.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import {
  dispatchDownload,
  dispatchPlain,
  dispatchUpload,
  maxInputBytes,
  parseInput,
  parseOutput,
} from '../../electron/control/dispatch.ts';
import { FakeHost } from '../fakes/fake-host.ts';

const noBytes = async function* (): AsyncGenerator<Uint8Array> {};

describe('dispatch', () => {
  it.each(['__proto__', 'constructor', 'toString', '', 'jobs', 'jobs.list ', '../status', 'STATUS'])(
    'knows no command %j',
    async (name) => {
      const host = new FakeHost();
      const answers = [
        await dispatchPlain(host, silentLog, name, {}),
        await dispatchUpload(host, silentLog, name, {}, noBytes()),
        await dispatchDownload(host, silentLog, name, {}),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({ ok: false, failure: { code: 'bad-request' } });
      expect(host.asked).toEqual([]);
    },
  );

  it('takes every command in its own way only', async () => {
    for (const [name, { stream }] of Object.entries(commands)) {
      const host = new FakeHost();
      const answers = {
        none: await dispatchPlain(host, silentLog, name, { id: 'job-1', length: 'manual', format: 'csv' }),
        upload: await dispatchUpload(host, silentLog, name, { id: 'x' }, noBytes()),
        download: await dispatchDownload(host, silentLog, name, { other: 1 }),
      };
      // Inputs that are not valid: what counts here is that a command is never reached by another way.
      expect(host.asked).toEqual([]);
      for (const [way, answer] of Object.entries(answers)) {
        if (answer.ok) expect.unreachable(`${name} took a wrong input`);
        else if (way !== stream) expect(answer.failure.sentence).toContain('not asked this way');
        else expect(answer.failure.sentence).toContain('is not valid');
      }
    }
  });

  it('fills in defaults and refuses what the table does not know', () => {
    expect(parseInput('jobs.list', {})).toEqual({ limit: 200 });
    expect(() => parseInput('jobs.list', { limit: 0 })).toThrow(GleanerError);
    expect(() => parseInput('status', { extra: 1 })).toThrow(/extra/);
    expect(() => parseInput('pause', null)).toThrow(GleanerError);
  });

  it.each([undefined, null, 5, 'x', [], { id: '../etc' }, { id: 'job-1', extra: 1 }])(
    'refuses the input %j',
    async (input) => {
      const answer = await dispatchPlain(new FakeHost(), silentLog, 'jobs.show', input);
      expect(answer).toMatchObject({ ok: false, failure: { code: 'bad-request' } });
    },
  );

  it('refuses inputs that are too large or have no JSON form', async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    for (const input of [{ id: 'x'.repeat(maxInputBytes) }, cyclic, { id: 1n }]) {
      const answer = await dispatchPlain(new FakeHost(), silentLog, 'jobs.show', input);
      expect(answer).toMatchObject({ ok: false, failure: { code: 'bad-request' } });
    }
  });

  it('hands on failures as they are, and logs what nobody threw on purpose', async () => {
    const host = new FakeHost();
    const lines: string[] = [];
    const log = { info: () => undefined, warn: (_topic: string, words: string) => lines.push(words) };
    host.failures.set('resume', new GleanerError('wrong-phase', 'Not now.', 'Later.'));
    expect(await dispatchPlain(host, log, 'resume', {})).toEqual({
      ok: false,
      failure: { code: 'wrong-phase', sentence: 'Not now.', hint: 'Later.' },
    });
    expect(lines).toEqual([]);
    host.failures.set('resume', new TypeError('x is not a function'));
    expect(await dispatchPlain(host, log, 'resume', {})).toMatchObject({
      ok: false,
      failure: { code: 'internal' },
    });
    expect(lines).toHaveLength(1);
  });

  it('lets no output out that the contract does not know', async () => {
    const host = new FakeHost();
    host.jobs = [{ ...host.snapshot.jobs[0], secret: 'token' } as never];
    expect(await dispatchPlain(host, silentLog, 'jobs.list', {})).toMatchObject({
      ok: false,
      failure: { code: 'internal' },
    });
    expect(() => parseOutput('ledger.verify', { ok: true })).toThrow(/does not fit the contract/);
  });
});
