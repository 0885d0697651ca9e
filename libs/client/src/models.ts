import type { DefinedService } from '@millrace/feature-registry';
import { z } from 'zod';
import type { Http } from './http.ts';

/** A trained version of a model. Its contents never change once it is registered. */
export interface ModelVersion {
  readonly version: string;
  /** The feature service that it reads. */
  readonly featureService: DefinedService | string;
  /** Where the model file is. */
  readonly artifactUri: string;
  /** SHA-256 of the model file, in lower case hex. */
  readonly artifactHash: string;
  readonly snapshotId?: string;
  readonly snapshotHash?: string;
  /** What was measured in training. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
}

const modelSchema = z.looseObject({
  model: z.string(),
  aliases: z.record(z.string(), z.string()),
  versions: z.array(
    z.looseObject({
      version: z.string(),
      featureService: z.string(),
      featureServiceHash: z.string(),
      artifactUri: z.string(),
      artifactHash: z.string(),
    }),
  ),
  history: z.array(
    z.looseObject({ event: z.string(), eventId: z.string(), eventTime: z.string(), summary: z.string() }),
  ),
});

/** A model: its versions, which of them is behind which alias, and what happened. */
export type Model = z.output<typeof modelSchema>;

/** Models and their releases. */
export interface Models {
  /** @throws MillraceError MODEL_VERSION_EXISTS, DEFINITION_UNKNOWN */
  register(model: string, version: ModelVersion): Promise<Model>;
  /** Puts a version behind an alias. @throws MillraceError MODEL_VERSION_UNKNOWN */
  release(
    model: string,
    release: { readonly version: string; readonly alias?: string; readonly reason?: string },
  ): Promise<Model>;
  /**
   * Takes an alias back to the version that had it before. With `fromVersion`, the one that is to lose it, asking twice
   * is harmless.
   *
   * @throws MillraceError ROLLBACK_IMPOSSIBLE
   */
  rollBack(
    model: string,
    rollback?: { readonly alias?: string; readonly fromVersion?: string; readonly reason?: string },
  ): Promise<Model>;
  /** @throws MillraceError MODEL_UNKNOWN */
  get(model: string): Promise<Model>;
}

/** Models at a registry service. */
export function modelsAt(registry: Http): Models {
  const command = async (model: string, action: string, json: unknown, repeatable: boolean) => {
    const path = `/v1/models/${encodeURIComponent(model)}/${action}`;
    return modelSchema.parse(await (await registry({ method: 'POST', path, json, repeatable })).json());
  };
  return {
    register(model, { featureService, ...version }) {
      const name = typeof featureService === 'string' ? featureService : featureService.definition.name;
      return command(model, 'versions', { ...version, featureService: name }, true);
    },
    release: (model, release) => command(model, 'releases', release, true),
    rollBack: (model, rollback = {}) =>
      command(model, 'rollback', rollback, rollback.fromVersion !== undefined),
    async get(model) {
      const response = await registry({
        method: 'GET',
        path: `/v1/models/${encodeURIComponent(model)}`,
        repeatable: true,
      });
      return modelSchema.parse(await response.json());
    },
  };
}
