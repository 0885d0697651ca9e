import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the gateway measures. */
export interface GatewayMetrics {
  readonly requests: Counter<'route' | 'status'>;
  readonly accepted: Counter<'topic'>;
  readonly rejected: Counter<'topic' | 'code'>;
  readonly bytesInFlight: Gauge;
  readonly appendSeconds: Histogram;
}

/** Makes the gateway's metrics in a registry. */
export function gatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'millrace_gateway_requests_total',
      help: 'Requests answered, by route and HTTP status.',
      labelNames: ['route', 'status'],
      registers,
    }),
    accepted: new Counter({
      name: 'millrace_gateway_rows_accepted_total',
      help: 'Rows that Kafka has, by topic.',
      labelNames: ['topic'],
      registers,
    }),
    rejected: new Counter({
      name: 'millrace_gateway_rows_rejected_total',
      help: 'Rows refused, by topic and the code of the first rule that each breaks.',
      labelNames: ['topic', 'code'],
      registers,
    }),
    bytesInFlight: new Gauge({
      name: 'millrace_gateway_bytes_in_flight',
      help: 'Bytes of request bodies that are being read or written to Kafka.',
      registers,
    }),
    appendSeconds: new Histogram({
      name: 'millrace_gateway_append_seconds',
      help: 'Time from the first byte handed to Kafka to its acknowledgement of a batch.',
      // From an idle broker beside us to one that hardly answers.
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    }),
  };
}
