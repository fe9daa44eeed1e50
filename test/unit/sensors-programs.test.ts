import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programsSensor, runningPrograms, scanProcesses } from '../../electron/policy/sensors/programs.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';
import { SensorFixture, turn } from './sensors-fixture.ts';

let fixture: SensorFixture;

beforeEach(() => {
  fixture = new SensorFixture();
});

afterEach(async () => {
  await fixture.close();
});

describe('programs', () => {
  const process1 = (pid: number, comm: string, exe: string | undefined, ...argv: string[]) => {
    fixture.put({ [`${pid}/comm`]: comm });
    writeFileSync(path.join(fixture.dir, `${pid}/cmdline`), argv.map((word) => `${word}\0`).join(''));
    if (exe !== undefined) symlinkSync(exe, path.join(fixture.dir, `${pid}/exe`));
  };
  const running = async (...asked: string[]): Promise<string[]> =>
    runningPrograms(asked, [...(await scanProcesses(fixture.dir, new Map())).values()]);

  test('go by their name, their executable or argv[0], whoever runs them', async () => {
    process1(7, 'GeckoMain', '/usr/lib/firefox/firefox', '/usr/lib/firefox/firefox', '-new-tab');
    process1(8, 'game.exe', '/usr/bin/wine64-preloader', 'Z:\\games\\Great Game.exe');
    process1(9, 'rhythmbox', undefined);
    process1(10, 'updated', '/opt/tool (deleted)', 'tool');
    fixture.put({ 'self/comm': 'myself', '11/status': 'no comm' });
    expect(await running('Firefox', 'great game.EXE', 'RHYTHMBOX', 'tool', 'geckomain')).toHaveLength(5);
    expect(await running('fire', 'firefox ', '-new-tab', 'myself', 'lib', 'no comm')).toEqual([]);
  });

  test('are told as they were asked for', async () => {
    process1(7, 'obs', '/usr/bin/obs', 'obs');
    expect(await running('zoom', 'OBS')).toEqual(['OBS']);
  });

  test('whose name the kernel cut are known by the rest, where it can be read', async () => {
    process1(7, 'gnome-screensho', undefined);
    process1(8, 'libreoffice-wri', '/opt/lo/libreoffice-writer', 'soffice');
    expect(await running('gnome-screenshot')).toEqual(['gnome-screenshot']);
    expect(await running('gnome-screensho')).toEqual(['gnome-screensho']);
    expect(await running('libreoffice-writer')).toEqual(['libreoffice-writer']);
    expect(await running('libreoffice-wrist')).toEqual([]);
  });

  test('are read anew only when they change their name', async () => {
    process1(7, 'sh', '/bin/sh', 'sh');
    process1(8, 'cat', '/bin/cat', 'cat');
    const first = await scanProcesses(fixture.dir, new Map());
    fixture.put({ '7/comm': 'game' });
    writeFileSync(path.join(fixture.dir, '7/cmdline'), '/opt/game\0');
    rmSync(path.join(fixture.dir, '8'), { recursive: true });
    const second = await scanProcesses(fixture.dir, first);
    expect([...second.values()]).toEqual([{ comm: 'game', others: ['sh', 'game'] }]);
    expect((await scanProcesses(fixture.dir, second)).get('7')).toBe(second.get('7'));
  });

  test('are not looked for when none is named', async () => {
    const sensor = await fixture.start(
      programsSensor(new FakeClock(), path.join(fixture.dir, 'none'), () => []),
    );
    expect(sensor.reading).toEqual({ programs: [] });
  });

  test('cannot be told where processes cannot be listed', async () => {
    const sensor = programsSensor(new FakeClock(), path.join(fixture.dir, 'none'), () => ['x']);
    await expect(WatchedSensor.start(sensor)).rejects.toThrow('ENOENT');
  });

  test('of this machine: one that starts and ends is seen, also when another user runs it', async () => {
    const clock = new FakeClock();
    const program = path.join(fixture.dir, 'Gleaner-Test-Program');
    chmodSync(fixture.dir, 0o755);
    symlinkSync('/bin/sleep', program);
    const sensor = await fixture.start(
      programsSensor(clock, '/proc', () => ['gleaner-test-program', 'node']),
    );
    expect(sensor.reading.programs).not.toContain('gleaner-test-program');
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const child: ChildProcess = spawn(program, ['1000'], { stdio: 'ignore', ...user });
    await once(child, 'spawn');
    await turn(clock, 2000, sensor);
    expect(sensor.reading.programs).toContain('gleaner-test-program');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await turn(clock, 2000, sensor);
    expect(sensor.reading.programs).not.toContain('gleaner-test-program');
  });
});
