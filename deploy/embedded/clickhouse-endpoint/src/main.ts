import { endpointOptionsFrom } from './config.ts';

const options = endpointOptionsFrom(process.env);

// Each running query holds a thread of libuv's pool, whose size is read when it is first used: so before the
// engine is loaded. The service leaves a quarter of the threads free.
process.env['UV_THREADPOOL_SIZE'] ??= String(Math.ceil(options.maxConcurrentQueries / 0.75));
// The engine takes its time zone from here, and times without a zone are UTC in Millrace.
process.env['TZ'] ??= 'UTC';

const { startClickHouseEndpoint } = await import('./service.ts');
const endpoint = await startClickHouseEndpoint(options);

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  void endpoint.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

/** Nobody is left who would stop it if a query went on for ever. */
const stopSoon = () => {
  stop();
  setTimeout(() => process.exit(1), 5000).unref();
};
if (process.env['MILLRACE_EXIT_WITH_PARENT'] === '1') {
  if (process.channel) process.once('disconnect', stopSoon);
  else process.stdin.once('close', stopSoon).resume();
}

console.log(JSON.stringify({ event: 'listening', port: endpoint.value.port }));
