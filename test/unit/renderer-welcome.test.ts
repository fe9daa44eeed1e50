import { describe, expect, it } from 'vitest';
import {
  beginSetup,
  parseSetup,
  type Setup,
  setupSteps,
  setupText,
  stepBeside,
} from '../../renderer/views/welcome-flow.ts';

const nothing = { joined: false, preset: false };
const open = (step: Setup['step'], sample = false): Setup => ({ state: 'open', step, sample });

describe('the memory of the welcome page', () => {
  it('gives back what it was given', () => {
    for (const state of ['open', 'left', 'finished'] as const) {
      for (const step of setupSteps) {
        for (const sample of [true, false]) {
          const setup = { state, step, sample };
          expect(parseSetup(setupText(setup))).toEqual(setup);
        }
      }
    }
  });

  it.each([
    null,
    '',
    'open',
    'open nowhere',
    'shut check',
    'open check example',
    'open check sample more',
    '{}',
  ])('makes nothing of %j', (text) => {
    expect(parseSetup(text)).toBeNull();
  });
});

describe('where the welcome page begins', () => {
  it('is where it was left', () => {
    expect(beginSetup(open('amount', true), nothing)).toEqual(open('amount', true));
    expect(beginSetup({ ...open('begin'), state: 'left' }, nothing)).toEqual(open('begin'));
  });

  it('is behind the choice of a project, once one is joined', () => {
    expect(beginSetup(open('work'), { ...nothing, joined: true })).toEqual(open('amount'));
    expect(beginSetup(open('work'), nothing)).toEqual(open('work'));
    expect(beginSetup(open('check'), { ...nothing, joined: true })).toEqual(open('check'));
  });

  it('follows from what is done, where nothing is remembered', () => {
    expect(beginSetup(null, nothing).step).toBe('check');
    expect(beginSetup(null, { joined: true, preset: false }).step).toBe('amount');
    expect(beginSetup(null, { joined: true, preset: true }).step).toBe('begin');
    expect(beginSetup(null, { joined: false, preset: true }).step).toBe('check');
  });

  it('is the beginning for whoever has finished it', () => {
    expect(beginSetup({ ...open('begin', true), state: 'finished' }, { joined: true, preset: true })).toEqual(
      open('check'),
    );
  });

  it('has a step before and after each, but for its ends', () => {
    expect(setupSteps.map((step) => stepBeside(step, 1))).toEqual(['work', 'amount', 'begin', 'begin']);
    expect(setupSteps.map((step) => stepBeside(step, -1))).toEqual(['check', 'check', 'work', 'amount']);
  });
});
