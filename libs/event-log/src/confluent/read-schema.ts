import { setTimeout as wait } from 'node:timers/promises';
import { describeError, MillraceError } from '@millrace/kernel';
import { z } from 'zod';

/** How long an answer "there is none" is taken for true; a schema may be registered any time. */
const REMEMBER_ABSENCE_MS = 5_000;
/** Garbage in the log can name any number of schemas. */
const MOST_ABSENCES = 10_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;
const ANSWER_MS = 10_000;

const answerSchema = z.object({ schema: z.string() });

/**
 * Reads the texts of schemas by their ids. A schema never changes, so its text is kept; that there is none is
 * believed for some seconds, or a log full of garbage would ask the registry for each record.
 * The text is given as it stands, also of a schema that is no Avro or that refers to others: whoever compiles it
 * refuses it, and with it the record. As an error of the registry it would be waited for, for ever.
 *
 * @returns a reader, whose answer is undefined for an id of which the registry says that it has no schema.
 * @throws MillraceError REGISTRY_UNAVAILABLE
 */
export function schemaReader(
  url: string,
  headers: Readonly<Record<string, string>>,
  now: () => number = () => performance.now(),
): (id: number) => Promise<string | undefined> {
  const texts = new Map<number, string>();
  const absentUntil = new Map<number, number>();
  const asked = new Map<number, Promise<string | undefined>>();

  async function ask(id: number): Promise<string | undefined> {
    const text = await retried(() => request(`${url.replace(/\/$/, '')}/schemas/ids/${id}`, headers));
    if (text !== undefined) {
      texts.set(id, text);
      return text;
    }
    // The oldest goes first: a map keeps the order of its entries.
    absentUntil.delete(id);
    absentUntil.set(id, now() + REMEMBER_ABSENCE_MS);
    for (const oldest of absentUntil.keys()) {
      if (absentUntil.size <= MOST_ABSENCES) break;
      absentUntil.delete(oldest);
    }
    return undefined;
  }

  return async (id) => {
    // Ids begin at 1.
    if (id < 1) return undefined;
    const known = texts.get(id);
    if (known !== undefined) return known;
    if ((absentUntil.get(id) ?? 0) > now()) return undefined;
    const asking = asked.get(id) ?? ask(id).finally(() => asked.delete(id));
    asked.set(id, asking);
    return asking;
  };
}

async function request(
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const response = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
  if (response.ok) return answerSchema.parse(await response.json()).schema;
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new Error(`status ${response.status}`);
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (cause) {
      if (made === ATTEMPTS) {
        throw new MillraceError(
          'REGISTRY_UNAVAILABLE',
          `the schema registry did not answer: ${describeError(cause)}`,
          { cause },
        );
      }
      await wait(FIRST_PAUSE_MS * 2 ** (made - 1));
    }
  }
}
