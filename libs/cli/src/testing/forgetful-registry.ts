import { createServer } from 'node:http';
import type { Running } from '@millrace/kernel';

/** A schema registry of which some schemas can be lost, as when an older backup of it was restored. */
export interface ForgetfulRegistry {
  readonly url: string;
  forget(schemaId: number): void;
  /** As after the right backup was restored. */
  rememberAll(): void;
}

/** Stands before a real schema registry and says of lost schemas that there is none. */
export async function startForgetfulRegistry(real: string): Promise<Running<ForgetfulRegistry>> {
  const lost = new Set<string>();
  const { pathname: base, origin } = new URL(real);
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/' } = request;
    if (lost.has(/\/schemas\/ids\/(?<id>\d+)/.exec(url)?.groups?.['id'] ?? '')) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error_code: 40_403, message: 'Schema not found' }));
      return;
    }
    const forward = async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const answer = await fetch(`${origin}${url}`, {
        method,
        headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(await answer.text());
    };
    forward().catch(() => response.writeHead(502).end());
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    value: {
      url: `http://127.0.0.1:${port}${base}`,
      forget: (schemaId) => void lost.add(String(schemaId)),
      rememberAll: () => lost.clear(),
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => {
        server.close(closed);
      });
    },
  };
}
