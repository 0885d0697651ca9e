import type { RegisteredView } from '@millrace/feature-registry';
import type { OfflineStore } from '@millrace/offline-store';

interface Ensured {
  readonly view: RegisteredView;
  readonly done: Promise<void>;
}

/** Keeps the tables of feature views up to date, each change of a definition once and one after the other. */
export class ViewTables {
  readonly #store: Pick<OfflineStore, 'ensureView'>;
  readonly #ensured = new Map<string, Ensured>();

  constructor(store: Pick<OfflineStore, 'ensureView'>) {
    this.#store = store;
  }

  /**
   * Resolves when the table of a generation has what the definition says.
   *
   * @throws MillraceError STORE_UNAVAILABLE, DEFINITION_INCOMPATIBLE
   */
  ensure(view: RegisteredView, generation: number): Promise<void> {
    const key = `${view.definition.name}#${generation}`;
    const before = this.#ensured.get(key);
    if (before?.view === view) return before.done;
    const done = (before?.done ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#store.ensureView(view, generation));
    this.#ensured.set(key, { view, done });
    done.catch(() => {
      if (this.#ensured.get(key)?.view === view) this.#ensured.delete(key);
    });
    return done;
  }
}
