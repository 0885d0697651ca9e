import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

const LEVEL = 'FULL_TRANSITIVE';
/** Longest wait for an answer, in milliseconds: one may be lost. */
export const ANSWER_MS = 10_000;
const JSON_TYPE = 'application/vnd.schemaregistry.v1+json';
const configSchema = z.object({ compatibilityLevel: z.string() });

/**
 * Sets the rule FULL_TRANSITIVE for a subject, before it has its first schema: the client sets it after, which
 * lets a second writer in between without any rule, and for ever where it died in between.
 *
 * @throws MillraceError REGISTRY_UNAVAILABLE
 */
export async function ensureRule(
  url: string,
  subject: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const address = `${url.replace(/\/$/, '')}/config/${encodeURIComponent(subject)}`;
  try {
    if ((await readLevel(address, headers)) === LEVEL) return;
    const body = JSON.stringify({ compatibility: LEVEL });
    const response = await fetch(address, {
      method: 'PUT',
      headers: { ...headers, 'content-type': JSON_TYPE },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    // Of two who set it at once, Apicurio refuses the second.
    if (response.ok || (await readLevel(address, headers)) === LEVEL) return;
    throw new Error(`${response.status} when setting the compatibility of ${subject}`);
  } catch (cause) {
    throw new MillraceError(
      'REGISTRY_UNAVAILABLE',
      `the schema registry did not answer: ${describeError(cause)}`,
      { cause },
    );
  }
}

async function readLevel(
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const response = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
  if (response.ok) return configSchema.parse(await response.json()).compatibilityLevel;
  await response.body?.cancel();
  return undefined;
}
