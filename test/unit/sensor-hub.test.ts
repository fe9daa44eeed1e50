import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Log, silentLog } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { SensorHub } from '../../electron/policy/sensors/hub.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeSensor } from '../fakes/fake-sensor.ts';

/** Lets promises that are due settle; no time passes. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

let hub: SensorHub | undefined;
afterEach(async () => {
  await hub?.dispose();
});

async function world(...sensors: FakeSensor[]) {
  return await worldWith(silentLog, ...sensors);
}

async function worldWith(log: Log, ...sensors: FakeSensor[]) {
  const clock = new FakeClock();
  const onChange = vi.fn();
  const made = new SensorHub({ sensors, clock, log, onChange });
  hub = made;
  made.need(new Set(sensors.map(({ name }) => name)));
  await settle();
  return { clock, onChange, hub: made };
}

describe('what the hub holds', () => {
  it('knows nothing until a sensor reports, and nothing again when it is no longer needed', async () => {
    const battery = new FakeSensor('power', ['onBattery', 'charge']);
    const { hub, onChange } = await world(battery);
    expect(hub.signals).toEqual(noSignals);
    battery.says({ onBattery: true, charge: 0.5 });
    expect(hub.signals).toEqual({ ...noSignals, onBattery: true, charge: 0.5 });
    expect(onChange).toHaveBeenCalledTimes(1);
    hub.need(new Set());
    expect(hub.signals).toEqual(noSignals);
    expect(battery.ends).toBe(1);
    battery.says({ charge: 0.4 });
    expect(hub.signals.charge).toBeNull();
  });

  it('runs the sensors that give a needed signal, and no others', async () => {
    const battery = new FakeSensor('power', ['onBattery', 'charge']);
    const load = new FakeSensor('load', ['otherLoad']);
    const { hub } = await world(battery, load);
    hub.need(new Set(['charge']));
    await settle();
    expect(hub.sensors.map(({ state }) => state)).toEqual(['running', 'off']);
    expect([battery.starts, battery.ends, load.starts, load.ends]).toEqual([1, 0, 1, 1]);
  });

  it('tells only what changed', async () => {
    const programs = new FakeSensor('programs', ['programs', 'charge']);
    const { onChange } = await world(programs);
    programs.says({ programs: ['a'] });
    programs.says({ programs: ['a'] });
    programs.says({ programs: ['b'] });
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it('passes over signals that a sensor does not give', async () => {
    const lock = new FakeSensor('lock', ['screenLocked']);
    const { hub } = await world(lock);
    lock.says({ screenLocked: true, charge: 1, nonsense: 1 });
    expect(hub.signals).toEqual({ ...noSignals, screenLocked: true });
  });

  it('takes a call from any source, and the latest input', async () => {
    const sound = new FakeSensor('sound', ['call']);
    const camera = new FakeSensor('camera', ['call']);
    const { hub, clock } = await world(sound, camera);
    clock.advance(10_000);
    sound.says({ call: false });
    camera.says({ call: true });
    expect(hub.signals.call).toBe(true);
    camera.says({ call: false });
    expect(hub.signals.call).toBe(false);
    hub.report({ lastInputAt: 5000, inputSource: 'polled', inputPollMs: 250 });
    expect(hub.signals).toMatchObject({ lastInputAt: 5000, inputSource: 'polled', inputPollMs: 250 });
  });

  it('forgets what the shell told of input while nobody looks for it, and nothing else of it', async () => {
    const input = new FakeSensor('input-x11', ['lastInputAt', 'inputSource', 'inputPollMs']);
    const { hub, clock } = await world(input);
    clock.advance(10_000);
    hub.report({ lastInputAt: 5000, inputSource: 'polled', inputPollMs: 250, screenLocked: false });
    hub.need(new Set(['input']));
    expect(hub.signals.inputSource).toBe('polled');
    hub.need(new Set());
    expect(hub.signals).toEqual({ ...noSignals, screenLocked: false });
    hub.report({ lastInputAt: 9000, inputSource: 'polled', inputPollMs: 1000 });
    expect(hub.signals).toMatchObject({ lastInputAt: 9000, inputSource: 'polled' });
  });
});

describe('sensors that misbehave', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('starts one that %s again with growing waits', async (_how, start) => {
    const bad = new FakeSensor('bad', ['call']);
    const good = new FakeSensor('good', ['charge']);
    bad.onStart = start;
    const { hub, clock } = await world(bad, good);
    good.says({ charge: 1 });
    expect(hub.troubles).toEqual([{ sensor: 'bad', words: expect.stringContaining('broken') as string }]);
    const starts: number[] = [];
    for (const wait of [999, 1, 1999, 1, 3999, 1]) {
      clock.advance(wait);
      await settle();
      starts.push(bad.starts);
    }
    expect(starts).toEqual([1, 2, 2, 3, 3, 4]);
    bad.onStart = () => ({ dispose: () => undefined });
    clock.advance(8000);
    await settle();
    expect(hub.troubles).toEqual([]);
    expect(hub.signals.charge).toBe(1);
  });

  it('gives up one that hangs in its start after 10 s, and ends it if it comes up late', async () => {
    const slow = new FakeSensor('slow', ['call']);
    let comeUp: (() => void) | undefined;
    slow.onStart = () =>
      new Promise((resolve) => {
        comeUp = () => {
          resolve({
            dispose: () => {
              slow.ends += 1;
            },
          });
        };
      });
    const { hub, clock } = await world(slow);
    clock.advance(10_000);
    await settle();
    expect(hub.troubles).toHaveLength(1);
    comeUp?.();
    await settle();
    expect(slow.ends).toBe(1);
    expect(hub.sensors[0]?.state).toBe('waiting');
  });

  it('does not try again what this computer never has, and calls it no trouble', async () => {
    const never = new FakeSensor('never', ['call']);
    never.onStart = () => Promise.reject(new GleanerError('platform-not-ready', 'Not here.'));
    const { hub, clock } = await world(never);
    clock.advance(3_600_000);
    await settle();
    expect(never.starts).toBe(1);
    expect(hub.troubles).toEqual([]);
    expect(hub.sensors[0]?.state).toBe('never');
  });

  it.each([
    ['charge', 7],
    ['charge', Number.NaN],
    ['charge', 'full'],
    ['otherLoad', -0.1],
    ['lastInputAt', Number.POSITIVE_INFINITY],
    ['lastInputAt', 1e12],
    ['programs', [1]],
  ])('does not know %s when told %s, and keeps what else was said', async (signal, value) => {
    const liar = new FakeSensor('liar', ['charge', 'otherLoad', 'lastInputAt', 'programs', 'onBattery']);
    const { hub } = await world(liar);
    liar.says({ charge: 0.5, otherLoad: 0.1, lastInputAt: 0, programs: [], onBattery: true });
    liar.says({ [signal]: value, onBattery: false });
    expect(hub.signals).toMatchObject({ [signal]: null, onBattery: false });
    expect(hub.troubles).toEqual([{ sensor: 'liar', words: `It reported an impossible ${signal}.` }]);
    liar.says({ onBattery: false });
    expect(hub.troubles).toEqual([]);
  });

  it.each([undefined, null, 7, 'charge', [], () => 1])('is not hurt by %s for a reading', async (garbage) => {
    const liar = new FakeSensor('liar', ['charge']);
    const { hub, onChange } = await world(liar);
    liar.says(garbage);
    expect(hub.signals).toEqual(noSignals);
    expect(onChange).not.toHaveBeenCalled();
  });

  it('forgets what a failed sensor said, ends it and starts it again', async () => {
    const bus = new FakeSensor('bus', ['screenLocked']);
    const { hub, clock, onChange } = await world(bus);
    bus.says({ screenLocked: true });
    bus.fails(new Error('the bus went away'));
    expect(hub.signals.screenLocked).toBeNull();
    expect(onChange).toHaveBeenCalledTimes(2);
    expect(hub.troubles).toHaveLength(1);
    bus.says({ screenLocked: true });
    expect(hub.signals.screenLocked).toBeNull();
    clock.advance(1000);
    await settle();
    expect([bus.starts, bus.ends]).toEqual([2, 1]);
    bus.says({ screenLocked: false });
    expect(hub.signals.screenLocked).toBe(false);
  });

  it('notes the same fault once, until it is another or came back after a minute of health', async () => {
    const warn = vi.fn();
    const bus = new FakeSensor('bus', ['screenLocked']);
    const { clock, hub } = await worldWith({ ...silentLog, warn }, bus);
    const failsAs = async (words: string): Promise<void> => {
      bus.fails(new Error(words));
      while (hub.sensors[0]?.state !== 'running') {
        clock.advance(1000);
        await settle();
      }
    };
    for (let turn = 0; turn < 4; turn += 1) await failsAs('gone');
    expect(warn).toHaveBeenCalledTimes(1);
    await failsAs('refused');
    expect(warn).toHaveBeenCalledTimes(2);
    clock.advance(60_000);
    await failsAs('refused');
    expect(warn).toHaveBeenCalledTimes(3);
  });

  it('begins its waits anew after a minute of health', async () => {
    const bus = new FakeSensor('bus', ['screenLocked']);
    const { clock } = await world(bus);
    for (let turn = 0; turn < 4; turn += 1) {
      clock.advance(60_000);
      bus.fails(new Error('gone'));
      clock.advance(1000);
      await settle();
    }
    expect(bus.starts).toBe(5);
  });

  it('tells the changes of a flooding sensor together, and those of others at once', async () => {
    const flood = new FakeSensor('flood', ['call']);
    const good = new FakeSensor('good', ['onBattery']);
    const { hub, clock, onChange } = await world(flood, good);
    for (let turn = 0; turn < 1001; turn += 1) flood.says({ call: turn % 2 === 0 });
    expect(onChange.mock.calls.length).toBeLessThanOrEqual(10);
    expect(hub.signals.call).toBe(true);
    expect(hub.troubles).toEqual([{ sensor: 'flood', words: 'It reports far too often.' }]);
    const before = onChange.mock.calls.length;
    good.says({ onBattery: true });
    expect(onChange).toHaveBeenCalledTimes(before + 1);
    clock.advance(5000);
    flood.says({ call: false });
    expect(hub.troubles).toEqual([]);
  });

  it('outlives a listener that throws', async () => {
    const lock = new FakeSensor('lock', ['screenLocked']);
    const { hub, onChange } = await world(lock);
    onChange.mockImplementation(() => {
      throw new Error('not my day');
    });
    lock.says({ screenLocked: true });
    lock.says({ screenLocked: false });
    expect(hub.signals.screenLocked).toBe(false);
    expect(hub.sensors[0]?.state).toBe('running');
  });

  it('does not wait for ever for one that does not end', async () => {
    const stuck = new FakeSensor('stuck', ['call']);
    stuck.onStart = () => ({ dispose: () => new Promise(() => undefined) });
    const { hub, clock } = await world(stuck);
    const ended = vi.fn();
    const disposed = hub.dispose().then(ended);
    await settle();
    expect(ended).not.toHaveBeenCalled();
    clock.advance(2000);
    await disposed;
    expect(clock.pending).toBe(0);
  });
});

describe('input', () => {
  async function atRest() {
    const input = new FakeSensor('input', ['lastInputAt', 'inputSource', 'inputPollMs']);
    const all = await world(input);
    all.clock.advance(60_000);
    input.says({ lastInputAt: 0, inputSource: 'x11', inputPollMs: 0 });
    all.clock.advance(60_000);
    all.onChange.mockClear();
    return { ...all, input };
  }

  it('is told within the sensor’s own call when it is the first after quiet', async () => {
    const { input, clock, onChange, hub } = await atRest();
    onChange.mockImplementation(() => {
      expect(hub.signals.lastInputAt).toBe(clock.monotonic());
    });
    input.says({ lastInputAt: clock.monotonic() });
    expect(onChange).toHaveBeenCalledTimes(1);
    clock.advance(250);
    input.says({ lastInputAt: clock.monotonic() });
    expect(onChange).toHaveBeenCalledTimes(2);
  });

  it.each([0, 1, 10])(
    'of 1,000 events, %s ms apart, leaves a consistent state and few calls',
    async (apart) => {
      const { input, clock, onChange, hub } = await atRest();
      const begin = clock.monotonic();
      for (let event = 0; event < 1000; event += 1) {
        clock.advance(apart);
        input.says({ lastInputAt: clock.monotonic() + event / 10_000 });
      }
      expect(hub.signals.lastInputAt).toBe(clock.monotonic() + 0.0999);
      const seconds = (clock.monotonic() - begin) / 1000;
      expect(onChange.mock.calls.length).toBeGreaterThanOrEqual(1);
      expect(onChange.mock.calls.length).toBeLessThanOrEqual(1 + 4 * seconds);
      onChange.mockClear();
      clock.advance(1000);
      // The last one is told too, and then all is still.
      expect(onChange.mock.calls.length).toBeLessThanOrEqual(1);
      expect(clock.pending).toBe(0);
    },
  );

  it('interrupts nothing else: a call that begins amid it is told at once', async () => {
    const { input, clock, onChange, hub } = await atRest();
    input.says({ lastInputAt: clock.monotonic() });
    clock.advance(10);
    input.says({ lastInputAt: clock.monotonic() });
    onChange.mockClear();
    hub.report({ call: true });
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(clock.pending).toBe(0);
  });
});
