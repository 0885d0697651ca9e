import type { SchemaRegistry } from '@millrace/event-log';
import type { Catalog, RegisteredView } from '@millrace/feature-registry';
import { type Micros, MillraceError } from '@millrace/kernel';
import { compileTranscoder, rawTableName, type RowTranscoder } from '@millrace/offline-store';
import type { RowTarget } from './row-sections.ts';

/** What finding out how rows are written needs of the world. */
export interface SchemaRoutesOptions {
  readonly catalog: Pick<Catalog, 'view'>;
  /** Resolves when all definitions that the log has are in the catalog. */
  definitionsCaughtUp(): Promise<void>;
  readonly registry: Pick<SchemaRegistry, 'schemaById'>;
  /** Makes the table that the rows go into fit the view. */
  ensureTable(view: RegisteredView): Promise<void>;
  readonly maxAhead: Micros;
}

/** How rows of one schema are written; or why none can be. */
export type Route = (RowTarget & { readonly transcoder: RowTranscoder }) | MillraceError;

/** The routes of one batch. */
export interface BatchRoutes {
  /** The view as it was when the batch came up. */
  readonly view: RegisteredView;
  /** The route of a schema that came up before. */
  get(schemaId: number): Route | undefined;
  /** Finds the route of one that did not. @throws MillraceError STORE_UNAVAILABLE, REGISTRY_UNAVAILABLE */
  find(schemaId: number): Promise<Route>;
}

/** The routes of one definition of the view. */
interface Prepared {
  readonly view: RegisteredView;
  readonly routes: Map<number, Route>;
}

/** Knows how the rows of a view are written, schema by schema. */
export class SchemaRoutes {
  readonly #viewName: string;
  readonly #options: SchemaRoutesOptions;
  #prepared: Prepared | undefined;

  constructor(viewName: string, options: SchemaRoutesOptions) {
    this.#viewName = viewName;
    this.#options = options;
  }

  /** @throws MillraceError STORE_UNAVAILABLE */
  async ofBatch(): Promise<BatchRoutes> {
    let current = await this.#prepare();
    let caughtUp = false;
    // What the registry does not have now may be registered later: the next batch asks again.
    const unknown = new Map<number, MillraceError>();
    return {
      view: current.view,
      get: (schemaId) => current.routes.get(schemaId) ?? unknown.get(schemaId),
      find: async (schemaId) => {
        if (!caughtUp && !current.view.schemas.has(schemaId)) {
          // A schema can be in use a moment before its definition is read here, and the table has to grow first.
          await this.#options.definitionsCaughtUp();
          caughtUp = true;
          current = await this.#prepare();
        }
        const { view, routes } = current;
        const text = view.schemas.get(schemaId) ?? (await this.#options.registry.schemaById(schemaId));
        if (text === undefined) {
          const error = new MillraceError('SCHEMA_UNKNOWN', `the schema registry has no schema ${schemaId}`);
          unknown.set(schemaId, error);
          return error;
        }
        // One for all batches, also those that are encoded at once: their rows share blocks then.
        const route = routes.get(schemaId) ?? this.#compile(view, schemaId, text);
        routes.set(schemaId, route);
        return route;
      },
    };
  }

  /** Before rows of a newer definition are encoded, the table has its columns. */
  async #prepare(): Promise<Prepared> {
    const view = this.#options.catalog.view(this.#viewName);
    if (this.#prepared?.view === view) return this.#prepared;
    await this.#options.ensureTable(view);
    this.#prepared = { view, routes: new Map() };
    return this.#prepared;
  }

  #compile(view: RegisteredView, schemaId: number, text: string): Route {
    try {
      const transcoder = compileTranscoder(view, schemaId, text, this.#options.maxAhead);
      return { table: rawTableName(this.#viewName), columns: transcoder.columns, transcoder };
    } catch (error) {
      if (error instanceof MillraceError) return error;
      throw error;
    }
  }
}
