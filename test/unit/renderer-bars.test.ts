import { describe, expect, it } from 'vitest';
import { heightOf, movedBar, stacked } from '../../renderer/ui/bars-math.ts';

const stack = (...parts: number[][]) => stacked(parts.map((values) => ({ values })));

describe('bars', () => {
  it('stand each on those before it', () => {
    expect(stack([1, 2], [10, 20], [100, 200])).toEqual([
      [1, 2],
      [11, 22],
      [111, 222],
    ]);
  });

  it('are not drawn where a part is nothing', () => {
    expect(stack([0, 2], [3, 0])).toEqual([
      [null, 2],
      [3, null],
    ]);
  });

  it('hang down from nothing where a part is less than that, without taking from the others', () => {
    expect(stack([5, -1], [-2, -3], [4, 7])).toEqual([
      [5, -1],
      [-2, -4],
      [9, 7],
    ]);
  });

  it('have room from nothing on, with some air, and some height even if there are none', () => {
    expect(heightOf(2, 100)).toEqual([0, 108]);
    expect(heightOf(-50, -10)).toEqual([-54, 0]);
    expect(heightOf(-50, 100)).toEqual([-54, 108]);
    expect(heightOf(0, 0)).toEqual([0, 1]);
  });
});

describe('keys among seven bars', () => {
  it.each([
    ['ArrowLeft', false, 3, 2],
    ['ArrowRight', false, 3, 4],
    ['ArrowLeft', true, 3, 4],
    ['ArrowRight', true, 3, 2],
    ['ArrowDown', true, 3, 2],
    ['ArrowUp', true, 3, 4],
    ['ArrowLeft', false, 0, 0],
    ['ArrowRight', false, 6, 6],
    ['Home', true, 3, 0],
    ['End', true, 3, 6],
  ])('%s, right to left: %s, goes from %d to %d', (key, isRightToLeft, at, next) => {
    expect(movedBar(at, key, 7, isRightToLeft)).toBe(next);
  });

  it('that are no moves are left alone', () => {
    expect(movedBar(3, 'Tab', 7, false)).toBeNull();
    expect(movedBar(3, ' ', 7, false)).toBeNull();
  });
});
