import type { Definition, Entity, FeatureService, FeatureView } from './definition.ts';

/** Definitions by kind and name; what is looked up and not there is undefined. */
export class DefinitionIndex {
  readonly #byKey = new Map<string, Definition>();

  constructor(definitions: Iterable<Definition>) {
    for (const definition of definitions) this.#byKey.set(keyOf(definition), definition);
  }

  /** These definitions with others in the place of those of the same kind and name. */
  with(definitions: Iterable<Definition>): DefinitionIndex {
    return new DefinitionIndex([...this.#byKey.values(), ...definitions]);
  }

  entity(name: string): Entity | undefined {
    const found = this.#byKey.get(`entity ${name}`);
    return found?.kind === 'entity' ? found : undefined;
  }

  view(name: string): FeatureView | undefined {
    const found = this.#byKey.get(`feature-view ${name}`);
    return found?.kind === 'feature-view' ? found : undefined;
  }

  service(name: string): FeatureService | undefined {
    const found = this.#byKey.get(`feature-service ${name}`);
    return found?.kind === 'feature-service' ? found : undefined;
  }

  services(): readonly FeatureService[] {
    return [...this.#byKey.values()].filter((definition) => definition.kind === 'feature-service');
  }

  views(): readonly FeatureView[] {
    return [...this.#byKey.values()].filter((definition) => definition.kind === 'feature-view');
  }
}

function keyOf({ kind, name }: Definition): string {
  return `${kind} ${name}`;
}
