import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Running } from '@millrace/kernel';
import { type ComponentContext, startComponent } from './component.ts';
import { answers } from './socket-check.ts';
import type { Toolchain } from './toolchain.ts';

/** Starts Redis with an append-only file that is flushed every second. */
export async function startRedis(
  toolchain: Toolchain,
  folder: string,
  port: number,
  context: ComponentContext,
): Promise<Running<{ readonly url: string }>> {
  const home = join(folder, 'redis');
  await mkdir(home, { recursive: true });
  const options = {
    bind: '127.0.0.1',
    port: String(port),
    dir: home,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'aof-load-truncated': 'yes',
  };
  const component = await startComponent(
    {
      name: 'redis',
      command: toolchain.redis,
      args: Object.entries(options).flatMap(([key, value]) => [`--${key}`, value]),
      logFile: join(folder, 'logs', 'redis.log'),
      cwd: home,
      // While it loads its file it answers -LOADING.
      ready: () => answers(port, 'PING\r\n', (answer) => answer.toString('latin1').startsWith('+PONG')),
    },
    context,
  );
  return { value: { url: `redis://127.0.0.1:${port}` }, stop: component.stop };
}
