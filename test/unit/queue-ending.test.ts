import { expect, test } from 'vitest';
import { maxStalls, settlementOf } from '../../electron/grid/local/queue-ending.ts';

const interruptedOften = (orderly: boolean): string[] => {
  const states: string[] = [];
  let stalls = 0;
  for (let n = 0; n < maxStalls; n += 1) {
    const settlement = settlementOf(
      { outcome: 'interrupted', orderly },
      { stalls, checkpointed: false },
      undefined,
    );
    stalls = settlement.stalls;
    states.push(settlement.state);
  }
  return states;
};

test('a job whose machine is lost again and again is given up', () => {
  expect(interruptedOften(false)).toEqual([...Array<string>(maxStalls - 1).fill('queued'), 'failed']);
});

test('a host that ends in order, however often, is no reason to give a job up', () => {
  expect(interruptedOften(true)).toEqual(Array<string>(maxStalls).fill('queued'));
});
