const LONGEST = 120;

/** A result in a line of history: short, and the same each time. */
export function show(result: unknown): string {
  if (Array.isArray(result)) return showList(result);
  if (result instanceof Map)
    return shorten([...result].map(([key, value]) => `${key}=${show(value)}`).join(' '));
  if (Buffer.isBuffer(result)) return `${result.length} bytes`;
  if (typeof result === 'object' && result !== null) {
    return shorten(
      Object.entries(result)
        .map(([key, value]) => `${key}=${show(value)}`)
        .join(' '),
    );
  }
  return shorten(String(result));
}

/** Of a thousand alike one is enough. */
function showList(items: readonly unknown[]): string {
  const shown = items.map(show);
  const counts = Map.groupBy(shown, (item) => item);
  if (items.length < 8) return shorten(shown.join(', '));
  return shorten([...counts].map(([item, same]) => `${same.length} × ${item}`).join(', '));
}

/** Made by chance, they would differ from run to run. */
const UUIDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

function shorten(all: string): string {
  const text = all.replace(UUIDS, '<uuid>');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
