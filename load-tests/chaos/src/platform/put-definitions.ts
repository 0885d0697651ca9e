import { MillraceError } from '@millrace/kernel';
import { request } from 'undici';
import { definitions } from '../load/definitions.ts';

/** Registers the definitions of the load. @throws MillraceError INTERNAL when the registry refuses them */
export async function putDefinitions(registryUrl: string): Promise<void> {
  const answer = await request(`${registryUrl}/v1/definitions`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ definitions }),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new MillraceError('INTERNAL', `the definitions were refused: ${text}`);
}
