import { setTimeout as pause } from 'node:timers/promises';
import { generationsShown, rawNameOf, storeError } from '@millrace/offline-store';
import type { KeptTopic } from './kept-topics.ts';
import { type LiveTables, inLiveTables } from './live-tables.ts';
import type { VerificationParts } from './parts.ts';

/** A name that analysts use, which does not show the generation that is live. */
export interface StaleView {
  readonly topic: string;
  readonly view: string;
  /** The generation that it shows; null where there is no such view, or it shows none. */
  readonly shows: number | null;
  readonly live: number;
}

/** The names of a topic that do not show its live generation. @throws MillraceError STORE_UNAVAILABLE */
export async function staleViews(
  { clickhouse }: Pick<VerificationParts, 'clickhouse'>,
  { topic, view }: KeptTopic,
  tables: LiveTables,
): Promise<readonly StaleView[]> {
  const raw = rawNameOf(topic) ?? topic;
  const names = new Map([raw, view].map((name) => [name, raw]));
  try {
    const shown = await generationsShown(clickhouse, names);
    const live = tables.generation(topic);
    return [...names.keys()]
      .map((name): StaleView => ({ topic, view: name, shows: shown.get(name) ?? null, live }))
      .filter(({ shows }) => shows !== live);
  } catch (cause) {
    throw storeError('the views in ClickHouse', cause);
  }
}

const POLL_MS = 200;

/** Waits until no view that there is shows another generation than the live one, or until a time is up. */
export async function waitForViews(
  parts: Pick<VerificationParts, 'clickhouse'>,
  topics: readonly KeptTopic[],
  deadline: number,
): Promise<void> {
  const isStale = ({ shows }: StaleView) => shows !== null;
  for (const kept of topics) {
    const find = () => inLiveTables(parts, [kept.topic], (tables) => staleViews(parts, kept, tables));
    while ((await find()).some(isStale) && performance.now() < deadline) await pause(POLL_MS);
  }
}
