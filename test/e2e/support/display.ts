import { startDisplay } from '../../../resources/dev/display.ts';

/** A screen and a session bus for the whole run, where the caller has not brought both. */
export default async function provideDisplay(): Promise<() => Promise<void>> {
  const has = process.env['DISPLAY'] !== undefined && process.env['DBUS_SESSION_BUS_ADDRESS'] !== undefined;
  if (has) return () => Promise.resolve();
  const display = await startDisplay();
  Object.assign(process.env, display.env);
  return () => display.close();
}
