import { describe, expect, it } from 'vitest';
import {
  beginSetup,
  parseSetup,
  type Setup,
  setupSteps,
  setupText,
  stepBeside,
} from '../../renderer/views/welcome-flow.ts';

const nothing = { joined: false, sampleRuns: false, preset: false };
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
    expect(beginSetup({ ...open('begin', true), state: 'left' }, nothing)).toEqual(open('begin', true));
  });

  it('is behind the choice of a project, once one is joined', () => {
    expect(beginSetup(open('work'), { ...nothing, joined: true })).toEqual(open('amount'));
    expect(beginSetup(open('work'), nothing)).toEqual(open('work'));
    expect(beginSetup(open('check'), { ...nothing, joined: true })).toEqual(open('check'));
  });

  it('is not behind the choice while nothing is chosen', () => {
    expect(beginSetup(open('begin'), nothing)).toEqual(open('work'));
    expect(beginSetup(open('begin'), { ...nothing, sampleRuns: true })).toEqual(open('begin'));
    expect(beginSetup(open('begin'), { ...nothing, joined: true })).toEqual(open('begin'));
  });

  it('follows from what is done, where nothing is remembered', () => {
    expect(beginSetup(null, nothing).step).toBe('check');
    expect(beginSetup(null, { ...nothing, joined: true }).step).toBe('amount');
    expect(beginSetup(null, { ...nothing, joined: true, preset: true }).step).toBe('begin');
    expect(beginSetup(null, { ...nothing, preset: true }).step).toBe('check');
  });

  it('is the beginning for whoever has finished it', () => {
    const done = { ...nothing, joined: true, preset: true };
    expect(beginSetup({ ...open('begin', true), state: 'finished' }, done)).toEqual(open('check'));
  });

  it('has a step before and after each, but for its ends', () => {
    expect(setupSteps.map((step) => stepBeside(step, 1))).toEqual(['work', 'amount', 'begin', 'begin']);
    expect(setupSteps.map((step) => stepBeside(step, -1))).toEqual(['check', 'check', 'work', 'amount']);
  });
});
