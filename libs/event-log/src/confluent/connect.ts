import {
  COMPATIBILITY,
  SchemaRegistry as ConfluentRegistry,
  SchemaType,
} from '@kafkajs/confluent-schema-registry';
import { z } from 'zod';
import { describeError, MillraceError } from '@millrace/kernel';
import type { SchemaRegistry } from '../schema-registry.ts';
import { ANSWER_MS, ensureRule } from './ensure-rule.ts';
import { schemaReader } from './read-schema.ts';

/** How to reach the schema registry. Spread into a service's config. */
export const schemaRegistryConfigShape = {
  schemaRegistryUrl: z
    .url()
    .default('http://127.0.0.1:8081')
    .describe('Base address of a schema registry that speaks the Confluent interface.'),
  schemaRegistryUsername: z.string().default('').describe('User for basic authentication; empty for none.'),
  schemaRegistryPassword: z.string().default('').describe('Password for basic authentication.'),
};

const configSchema = z.object(schemaRegistryConfigShape);

/** See {@link schemaRegistryConfigShape}. */
export type SchemaRegistryConfig = z.infer<typeof configSchema>;

const statusSchema = z.object({ status: z.number() });

/** A schema registry with the Confluent interface (Confluent's own, Apicurio, Karapace, Redpanda). */
export function connectSchemaRegistry(options: z.input<typeof configSchema>): SchemaRegistry {
  const {
    schemaRegistryUrl,
    schemaRegistryUsername: username,
    schemaRegistryPassword: password,
  } = configSchema.parse(options);
  const headers: Record<string, string> =
    username === ''
      ? {}
      : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  const registry = new ConfluentRegistry({
    host: schemaRegistryUrl,
    ...(username === '' ? {} : { auth: { username, password } }),
    retry: { retries: 3, initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 2 },
    // An answer may be lost, and without a limit it would be waited for without end.
    middlewares: [() => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: ANSWER_MS }) })],
  });
  return {
    async register(subject, schema) {
      await ensureRule(schemaRegistryUrl, subject, headers);
      try {
        const { id } = await registry.register(
          { type: SchemaType.AVRO, schema },
          { subject, compatibility: COMPATIBILITY.FULL_TRANSITIVE },
        );
        return id;
      } catch (cause) {
        const status = statusOf(cause);
        if (status === 409 || status === 422) {
          throw new MillraceError(
            'DEFINITION_INCOMPATIBLE',
            `the schema registry refuses ${subject}: ${describeError(cause)}`,
            { cause },
          );
        }
        throw registryUnavailable(cause);
      }
    },
    schemaById: schemaReader(schemaRegistryUrl, headers),
  };
}

function statusOf(error: unknown): number | undefined {
  return statusSchema.safeParse(error).data?.status;
}

function registryUnavailable(cause: unknown): MillraceError {
  return new MillraceError(
    'REGISTRY_UNAVAILABLE',
    `the schema registry did not answer: ${describeError(cause)}`,
    { cause },
  );
}
