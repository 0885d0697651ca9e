import type { Catalog, ResolvedService } from '@millrace/feature-registry';
import { parseFeatureReference } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import { type CompiledService, compileService } from './compiled-service.ts';

/** Lists of features are the caller's to make up: no more than this many are kept. */
const MOST_KEPT = 1_000;

/** What is read: a service, or features by name. */
export type Wanted = { readonly service: string } | { readonly features: readonly string[] };

/** Services as they were last compiled; emptied when a definition changes. */
export class ServiceCache {
  readonly #catalog: Catalog;
  readonly #compiled = new Map<string, CompiledService>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  clear(): void {
    this.#compiled.clear();
  }

  /** @throws MillraceError DEFINITION_UNKNOWN, REQUEST_INVALID for what is no `view__feature` */
  get(wanted: Wanted): CompiledService {
    const id = 'service' in wanted ? wanted.service : `,${wanted.features.join(',')}`;
    const known = this.#compiled.get(id);
    if (known !== undefined) return known;
    const compiled = compileService(resolveWanted(this.#catalog, wanted));
    if (this.#compiled.size >= MOST_KEPT) this.#compiled.clear();
    this.#compiled.set(id, compiled);
    return compiled;
  }
}

/** @throws MillraceError DEFINITION_UNKNOWN, REQUEST_INVALID for what is no `view__feature` */
export function resolveWanted(catalog: Catalog, wanted: Wanted): ResolvedService {
  if ('service' in wanted) return catalog.service(wanted.service);
  return catalog.features(
    wanted.features.map((name) => {
      const reference = parseFeatureReference(name);
      if (reference !== undefined) return reference;
      throw new MillraceError('REQUEST_INVALID', `features: ${name} is not a name such as view__feature`);
    }),
  );
}
