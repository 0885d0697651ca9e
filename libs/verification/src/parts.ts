import type { ClickHouseClient } from '@clickhouse/client';
import type { LogAdmin, LogScanner, SchemaRegistry } from '@millrace/event-log';
import type { Catalog } from '@millrace/feature-registry';
import type { Clock, Micros } from '@millrace/kernel';
import type { OnlineStoreReader } from '@millrace/online-store';

/** What a verification looks at. It reads only. */
export interface VerificationParts {
  readonly log: Pick<LogAdmin, 'spans' | 'topicNames'> & LogScanner;
  readonly registry: SchemaRegistry;
  readonly catalog: Pick<Catalog, 'views'>;
  readonly onlineStore: Pick<OnlineStoreReader, 'applied' | 'readBucket'>;
  readonly clickhouse: ClickHouseClient;
  readonly clock: Clock;
  /** How long after its TTL the online projector keeps a row, in microseconds: its `gcHorizon`. */
  readonly collectionHorizon: Micros;
}
