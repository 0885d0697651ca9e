import { connectSchemaRegistry, EventCodec } from '@millrace/event-log';
import { MillraceError, type Running, startTogether, systemClock } from '@millrace/kernel';
import { connectRedisOnlineStore } from '@millrace/online-store';
import { followDefinitions } from '@millrace/processing';
import { type VerificationReport, verify, type VerifyOptions } from '@millrace/verification';
import { clickHouseOf, kafkaOf, type StoresConfig } from '../io/stores.ts';

/** The servers that a verification looks at. */
export interface Verification {
  /** @throws MillraceError DEFINITION_UNKNOWN for a view that there is not, and as `verify`. */
  verify(options: VerifyOptions): Promise<VerificationReport>;
}

/**
 * Connects to all of them; the definitions come from the log itself.
 *
 * @throws MillraceError LOG_UNAVAILABLE, REGISTRY_UNAVAILABLE, STORE_UNAVAILABLE
 */
export function openVerification(
  config: StoresConfig,
  onlineStoreName: string,
): Promise<Running<Verification>> {
  return startTogether(async (starter) => {
    const log = await starter.start(() => kafkaOf(config));
    const registry = connectSchemaRegistry(config);
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    const definitions = await starter.start(() =>
      followDefinitions(log, new EventCodec(registry), failed.reject),
    );
    const clickhouse = await starter.start(() => clickHouseOf(config));
    const onlineStore = await starter.start(() =>
      connectRedisOnlineStore({
        url: config.redisUrl,
        cluster: config.redisCluster,
        name: onlineStoreName,
      }),
    );
    const { catalog } = definitions;
    return {
      verify(options) {
        const unknown = options.views?.find((name) => catalog.findView(name) === undefined);
        if (unknown !== undefined)
          throw new MillraceError('DEFINITION_UNKNOWN', `there is no feature view named ${unknown}`);
        const collectionHorizon = config.onlineProjectorGcHorizon;
        const parts = {
          log,
          registry,
          catalog,
          onlineStore,
          clickhouse,
          clock: systemClock,
          collectionHorizon,
        };
        return Promise.race([verify(parts, options), failed.promise]);
      },
    };
  });
}
