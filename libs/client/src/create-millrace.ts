import { type Definitions, definitionsAt } from './definitions.ts';
import { type FeatureWriters, featureWriters } from './features.ts';
import { type HttpOptions, httpTo } from './http.ts';
import { type LabelWriter, labelWriter } from './labels.ts';
import { type Models, modelsAt } from './models.ts';
import { onlineReader, type OnlineReader } from './online.ts';
import { predictionWriter, type PredictionWriter } from './predictions.ts';
import { type Snapshots, snapshotsOf } from './snapshots.ts';
import { type Windows, windowsOf } from './windows.ts';

/** Where Millrace is, and who is calling. */
export interface MillraceOptions extends HttpOptions {
  /** @default http://127.0.0.1:7400 */
  readonly gatewayUrl?: string;
  /** @default http://127.0.0.1:7401 */
  readonly featureServerUrl?: string;
  /** @default http://127.0.0.1:7402 */
  readonly registryUrl?: string;
  /** Needed for `windows` only. */
  readonly monitorUrl?: string;
  /** Stands in every event that this app causes. */
  readonly producer?: { readonly service: string; readonly version?: string; readonly commit?: string };
}

/** Millrace, for apps that write and read features, training jobs, and people who look after models. */
export interface Millrace {
  readonly features: FeatureWriters;
  readonly predictions: PredictionWriter;
  readonly labels: LabelWriter;
  readonly online: OnlineReader;
  readonly snapshots: Snapshots;
  readonly definitions: Definitions;
  readonly models: Models;
  readonly windows: Windows;
}

/**
 * Makes a client. Nothing is sent before the first call, and nothing needs closing.
 *
 * @example
 * const millrace = createMillrace({ producer: { service: 'check-in' } });
 * await millrace.features(departures).write([{ airport: 'SFO', eventTime: new Date(), mean_delay: 7.5 }]);
 */
export function createMillrace(options: MillraceOptions = {}): Millrace {
  const {
    gatewayUrl = 'http://127.0.0.1:7400',
    featureServerUrl = 'http://127.0.0.1:7401',
    registryUrl = 'http://127.0.0.1:7402',
    monitorUrl,
    producer,
    ...http
  } = options;
  const named: HttpOptions = { ...http, headers: { ...producerHeaders(producer), ...http.headers } };
  const gateway = httpTo(gatewayUrl, named);
  const featureServer = httpTo(featureServerUrl, named);
  const registry = httpTo(registryUrl, named);
  return {
    features: featureWriters(gateway),
    predictions: predictionWriter(gateway),
    labels: labelWriter(gateway),
    online: onlineReader(featureServer),
    snapshots: snapshotsOf(featureServer),
    definitions: definitionsAt(registry),
    models: modelsAt(registry),
    windows: windowsOf(monitorUrl === undefined ? undefined : httpTo(monitorUrl, named)),
  };
}

function producerHeaders(producer: MillraceOptions['producer']): Record<string, string> {
  if (producer === undefined) return {};
  const { service, version, commit } = producer;
  return {
    'x-millrace-producer': service,
    ...(version === undefined ? {} : { 'x-millrace-producer-version': version }),
    ...(commit === undefined ? {} : { 'x-millrace-producer-commit': commit }),
  };
}
