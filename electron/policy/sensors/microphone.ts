import path from 'node:path';
import { namesIn, readHead } from './bounded-files.ts';

const mostCards = 32;
const mostStreams = 64;

/**
 * Whether the kernel records from any sound card: a `status` below /proc/asound says RUNNING. Null where ALSA
 * tells nothing.
 */
export async function alsaRecords(procDir: string): Promise<boolean | null> {
  const asoundDir = path.join(procDir, 'asound');
  const cards = (await namesIn(asoundDir, 1000))?.filter((name) => /^card\d+$/.test(name));
  if (!cards) return null;
  for (const card of cards.slice(0, mostCards)) {
    const devices = (await namesIn(path.join(asoundDir, card), 1000)) ?? [];
    for (const device of devices.filter((name) => /^pcm\d+c$/.test(name)).slice(0, mostStreams)) {
      const dir = path.join(asoundDir, card, device);
      const streams = (await namesIn(dir, 1000)) ?? [];
      for (const stream of streams.filter((name) => /^sub\d+$/.test(name)).slice(0, mostStreams)) {
        const status = await readHead(path.join(dir, stream, 'status'), 512);
        if (status !== undefined && /^state:\s*RUNNING$/m.test(status)) return true;
      }
    }
  }
  return false;
}
