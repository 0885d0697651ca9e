import type { EventCodec, EventLog } from '@millrace/event-log';
import type { FollowedDefinitions } from '@millrace/processing';
import type { ByteBudget } from './byte-budget.ts';
import type { GatewayConfig } from './config.ts';
import type { FindView } from './find-view.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { FeatureEncoders } from './rows/feature-rows.ts';
import type { SentRows } from './rows/sent-rows.ts';

/** What the routes work with. */
export interface Gateway {
  readonly config: GatewayConfig;
  readonly log: EventLog;
  readonly codec: EventCodec;
  readonly definitions: FollowedDefinitions;
  readonly findView: FindView;
  readonly encoders: FeatureEncoders;
  readonly budget: ByteBudget;
  readonly sentRows: SentRows;
  readonly metrics: GatewayMetrics;
}
