import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry for one service, with the process's own metrics under `millrace_`. Parts get it passed in. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, prefix: 'millrace_' });
  return registry;
}
