import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Halt, Halted } from '../../electron/grid/halt.ts';

test('a halt ends every wait, those that begin after it too', async () => {
  const halt = new Halt();
  const never = new Promise<never>(() => undefined);
  const waits = [halt.race(never), halt.race(never)];
  halt.halt();
  for (const wait of [...waits, halt.race(never), halt.race(Promise.reject(new Error('late')))]) {
    await expect(wait).rejects.toBeInstanceOf(Halted);
  }
});

test('what is waited for gives what it gives, while nobody halts', async () => {
  const halt = new Halt();
  await expect(halt.race(Promise.resolve(7))).resolves.toBe(7);
  await expect(halt.race(Promise.reject(new Error('so it is')))).rejects.toThrow('so it is');
});

test('nothing of what was waited for is kept until the halt comes', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const halt = new Halt();
  const got: WeakRef<object>[] = [];
  for (let n = 0; n < 100; n += 1) {
    got.push(new WeakRef(await halt.race(Promise.resolve({ look: n }))));
  }
  // A value stays reachable until the turn in which it was read is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(got.filter((one) => one.deref() !== undefined).length).toBeLessThan(3);
  halt.halt();
});
