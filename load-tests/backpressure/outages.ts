/** A server that the platform can lose. */
export type Store = 'clickhouse' | 'redis' | 'kafka';

/** How a server goes away: frozen it holds its connections and answers nothing, killed it refuses them. */
export type Manner = 'frozen' | 'killed';

/** A server that is away for a while. */
export interface Outage {
  readonly server: Store;
  readonly manner: Manner;
  readonly seconds: number;
}

/** Each store, then the log itself, frozen and killed, which together take so long. */
export function outagesOf(seconds: number): readonly Outage[] {
  const each = seconds / 6;
  return (['clickhouse', 'redis', 'kafka'] as const).flatMap((server) =>
    (['frozen', 'killed'] as const).map((manner) => ({ server, manner, seconds: each })),
  );
}
