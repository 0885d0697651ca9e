import { Gauge, type Registry } from 'prom-client';

/** What a projector measures of its way through the log. */
export interface ProjectionGauges {
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly rebuildLeft: Gauge<'topic'>;
  readonly rebuildRate: Gauge<'topic'>;
}

/**
 * Makes the gauges in a registry, once for a process.
 *
 * @param service in snake case, such as `online_projector`.
 */
export function projectionGauges(service: string, registry: Registry): ProjectionGauges {
  const registers = [registry];
  return {
    lag: new Gauge({
      name: `millrace_${service}_lag_records`,
      help: 'Records of a partition that are in the log and not in the live generation of the store, whoever has to apply them; also while the store is away.',
      labelNames: ['topic', 'partition'],
      registers,
    }),
    rebuildLeft: new Gauge({
      name: `millrace_${service}_rebuild_records_left`,
      help: 'Records of a topic that the generation being built does not hold yet; none when nothing is rebuilt.',
      labelNames: ['topic'],
      registers,
    }),
    rebuildRate: new Gauge({
      name: `millrace_${service}_rebuild_records_per_second`,
      help: 'How fast the generation of a topic is being built, by all instances together.',
      labelNames: ['topic'],
      registers,
    }),
  };
}
