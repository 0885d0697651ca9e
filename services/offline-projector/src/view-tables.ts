import type { RegisteredView } from '@millrace/feature-registry';
import type { OfflineStore } from '@millrace/offline-store';

/** Keeps the tables of feature views up to date, each change of a definition once and one after the other. */
export class ViewTables {
  readonly #store: OfflineStore;
  readonly #ensured = new Map<string, { readonly view: RegisteredView; readonly done: Promise<void> }>();

  constructor(store: OfflineStore) {
    this.#store = store;
  }

  /** Resolves when the table has what the definition says. @throws MillraceError STORE_UNAVAILABLE, DEFINITION_INCOMPATIBLE */
  ensure(view: RegisteredView): Promise<void> {
    const { name } = view.definition;
    const before = this.#ensured.get(name);
    if (before?.view === view) return before.done;
    const done = (before?.done ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#store.ensureView(view));
    this.#ensured.set(name, { view, done });
    done.catch(() => {
      if (this.#ensured.get(name)?.view === view) this.#ensured.delete(name);
    });
    return done;
  }
}
