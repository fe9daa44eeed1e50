import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Login } from '../../electron/egress/messages.ts';
import { ProxyLogin } from '../../electron/host/proxy-login.ts';
import { SealedFiles } from '../../electron/host/sealed.ts';
import { KeyFiles } from '../../electron/host/secrets-file.ts';

interface FakeDesk {
  login: Login | null;
  proxyInForce: string | null;
}

const here = 'http://proxy.example:3128';
let dir = '';
let sealed: SealedFiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-login-'));
  sealed = new SealedFiles(dir, new KeyFiles(dir));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function open(proxyInForce: string | null): { desk: FakeDesk; login: ProxyLogin } {
  const desk: FakeDesk = { login: null, proxyInForce };
  return { desk, login: new ProxyLogin(sealed, desk) };
}

test('a login stays with the proxy that it was given for', async () => {
  const first = open(here);
  await first.login.set({ name: 'me', password: 'secret' });
  const bound = { proxy: here, name: 'me', password: 'secret' };
  expect(first.desk.login).toEqual(bound);
  const next = open('http://other.example:3128');
  await next.login.recover();
  expect(next.desk.login).toEqual(bound);
  await next.login.set(null);
  expect(next.desk.login).toBeNull();
  const last = open(here);
  await last.login.recover();
  expect(last.desk.login).toBeNull();
});

test('none is taken while no proxy wants any, and the one before stays', async () => {
  const { desk, login } = open(here);
  await login.set({ name: 'me', password: 'secret' });
  desk.proxyInForce = null;
  await expect(login.set({ name: 'me', password: 'other' })).rejects.toMatchObject({ code: 'proxy-refused' });
  expect(desk.login).toMatchObject({ proxy: here, password: 'secret' });
});

test.each([
  ['without a proxy', '{"name":"me","password":"secret"}'],
  ['for none', '{"proxy":"","name":"me","password":"secret"}'],
])('one %s is told to nobody', async (_, text) => {
  await sealed.put('proxy', text);
  const { desk, login } = open(here);
  await login.recover();
  expect(desk.login).toBeNull();
});
