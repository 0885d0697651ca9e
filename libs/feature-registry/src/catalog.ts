import { createHash } from 'node:crypto';
import { type DefinitionRegistered, featureTopic, KeyCodec } from '@millrace/events';
import { MillraceError, type Micros, parseDuration } from '@millrace/kernel';
import type { Definition, Entity, FeatureService, FeatureView } from './definition.ts';
import { definitionOf } from './definition-of.ts';
import { featureReference } from './feature-reference.ts';
import type { FeatureType } from './feature-type.ts';

/** A feature view as it is registered, with what follows from it. */
export interface RegisteredView {
  readonly definition: FeatureView;
  readonly hash: string;
  readonly entity: Entity;
  readonly keyCodec: KeyCodec;
  /** Microseconds, or null for rows that never grow too old. */
  readonly ttl: Micros | null;
  readonly topic: string;
  readonly epoch: number;
  readonly schemaId: number;
  /** The Avro schema of rows that are written now. */
  readonly schema: string;
  /** Every schema that rows of this view were ever written with, by id. */
  readonly schemas: ReadonlyMap<number, string>;
}

/** One view of a feature service, resolved. */
export interface ResolvedServiceView {
  /** The view's name, or its alias. */
  readonly name: string;
  readonly view: RegisteredView;
  readonly features: readonly ResolvedFeature[];
  /** For each key column of the view's entity, in order: the column of the request or spine. */
  readonly keyColumns: readonly { readonly key: string; readonly column: string }[];
}

/** A feature of a resolved service view. */
export interface ResolvedFeature {
  readonly feature: string;
  /** `view__feature`: its name in answers and its column in snapshots. */
  readonly name: string;
  readonly type: FeatureType;
}

/** A feature service, or a list of features asked for without one. */
export interface ResolvedService {
  /** Undefined for a list of features. */
  readonly name: string | undefined;
  /** Covers the service and every view and entity in it. */
  readonly hash: string;
  readonly views: readonly ResolvedServiceView[];
}

interface RegisteredDefinition<D extends Definition> {
  readonly definition: D;
  readonly hash: string;
}

/**
 * The definitions as the `definitions` topic tells them: a fold of its events, newest wins. A change is decided
 * from one revision of all definitions and makes the next; of two that were decided from the same revision the
 * first in the log counts, whole, and no event of the other does.
 */
export class Catalog {
  readonly #entities = new Map<string, RegisteredDefinition<Entity>>();
  readonly #views = new Map<string, RegisteredView>();
  readonly #services = new Map<string, RegisteredDefinition<FeatureService>>();
  #revision = 0n;
  #changeId: string | null = null;

  /** The revision that the next change is decided from. */
  get revision(): bigint {
    return this.#revision;
  }

  /** Takes in one event. @returns whether it counts; one that cannot be read, or whose entity is unknown, does not. */
  apply(event: DefinitionRegistered): boolean {
    const definition = this.#readable(event);
    if (definition === undefined || !this.#counts(event)) return false;
    this.#take(definition, event);
    return true;
  }

  #readable(event: DefinitionRegistered): Definition | undefined {
    try {
      const definition = definitionOf(event);
      if (definition.kind === 'feature-view') this.entity(definition.entity);
      return definition;
    } catch (error) {
      if (error instanceof MillraceError) return undefined;
      throw error;
    }
  }

  #counts({ revision, changeId }: DefinitionRegistered): boolean {
    if (revision === null) return true;
    if (revision === this.#revision && changeId === this.#changeId) return true;
    if (revision !== this.#revision + 1n) return false;
    this.#revision = revision;
    this.#changeId = changeId;
    return true;
  }

  #take(definition: Definition, event: DefinitionRegistered): void {
    const { hash } = event;
    switch (definition.kind) {
      case 'entity':
        this.#entities.set(definition.name, { definition, hash });
        return;
      case 'feature-service':
        this.#services.set(definition.name, { definition, hash });
        return;
      case 'feature-view':
        this.#views.set(definition.name, this.#registered(definition, event));
        return;
      default:
        definition satisfies never;
    }
  }

  #registered(definition: FeatureView, event: DefinitionRegistered): RegisteredView {
    const entity = this.entity(definition.entity);
    const { schemaId, schema } = event;
    if (schemaId === null || schema === null) {
      throw new MillraceError(
        'DEFINITION_INVALID',
        `feature view ${definition.name} was registered without a schema`,
      );
    }
    const ttl = definition.ttl === null ? null : parseDuration(definition.ttl);
    const schemas = new Map(this.#views.get(definition.name)?.schemas);
    return {
      definition,
      hash: event.hash,
      entity,
      keyCodec: new KeyCodec(entity.keys),
      ttl: ttl?.ok === true ? ttl.value : null,
      topic: event.topic ?? featureTopic(definition.name),
      epoch: event.epoch,
      schemaId,
      schema,
      schemas: schemas.set(schemaId, schema),
    };
  }

  /** @throws MillraceError DEFINITION_UNKNOWN */
  entity(name: string): Entity {
    return this.#entities.get(name)?.definition ?? unknownDefinition('entity', name);
  }

  /** @throws MillraceError DEFINITION_UNKNOWN */
  view(name: string): RegisteredView {
    return this.#views.get(name) ?? unknownDefinition('feature view', name);
  }

  /** The view, or undefined where there is none. */
  findView(name: string): RegisteredView | undefined {
    return this.#views.get(name);
  }

  /** @throws MillraceError DEFINITION_UNKNOWN */
  service(name: string): ResolvedService {
    const service = this.#services.get(name) ?? unknownDefinition('feature service', name);
    return this.#resolve(service.definition, name, service.hash);
  }

  /**
   * A list of features, each `view__feature`, as if a service had them.
   *
   * @throws MillraceError DEFINITION_UNKNOWN
   */
  features(references: readonly { readonly view: string; readonly feature: string }[]): ResolvedService {
    const byView = Map.groupBy(references, (reference) => reference.view);
    const views = [...byView].map(([view, features]) => ({
      view,
      features: features.map(({ feature }) => feature),
    }));
    return this.#resolve({ views }, undefined, '');
  }

  /** The hash under which a definition stands, or undefined where there is none of that name. */
  hashOf(kind: Definition['kind'], name: string): string | undefined {
    return this.#byKind(kind).get(name)?.hash;
  }

  /** All definitions, entities first, then views, then services. */
  all(): readonly RegisteredDefinition<Definition>[] {
    return [...this.#entities.values(), ...this.#views.values(), ...this.#services.values()];
  }

  views(): readonly RegisteredView[] {
    return [...this.#views.values()];
  }

  #byKind(kind: Definition['kind']): ReadonlyMap<string, RegisteredDefinition<Definition>> {
    return { entity: this.#entities, 'feature-view': this.#views, 'feature-service': this.#services }[kind];
  }

  #resolve(
    service: Pick<FeatureService, 'views'>,
    name: string | undefined,
    ownHash: string,
  ): ResolvedService {
    const hash = createHash('sha256').update(ownHash);
    const views = service.views.map((member): ResolvedServiceView => {
      const view = this.view(member.view);
      hash.update(view.hash).update(this.hashOf('entity', view.definition.entity) ?? '');
      const alias = member.as ?? member.view;
      return {
        name: alias,
        view,
        keyColumns: Object.keys(view.entity.keys).map((key) => ({ key, column: member.keys?.[key] ?? key })),
        features: member.features.map((feature) => {
          const type = view.definition.features[feature]?.type;
          if (type === undefined) return unknownDefinition(`feature of ${member.view}`, feature);
          hash.update(`${alias}.${feature};`);
          return { feature, name: featureReference(alias, feature), type };
        }),
      };
    });
    return { name, hash: hash.digest('hex'), views };
  }
}

function unknownDefinition(what: string, name: string): never {
  throw new MillraceError('DEFINITION_UNKNOWN', `there is no ${what} named ${name}`, {
    details: { what, name },
  });
}
