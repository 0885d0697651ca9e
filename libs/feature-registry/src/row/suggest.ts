const LONGEST = 100;

/** The known name that an unknown one was probably meant to be, or undefined. */
export function suggest(unknown: string, known: Iterable<string>): string | undefined {
  if (unknown.length > LONGEST) return undefined;
  const plain = simplify(unknown);
  let best: string | undefined;
  let bestDistance = Math.floor(unknown.length / 3) + 1;
  for (const name of known) {
    const distance = simplify(name) === plain ? 0 : editDistance(unknown, name);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** So that `event_time`, `EventTime` and `eventTime` are one name. */
function simplify(name: string): string {
  return name.replaceAll(/[_\-\s]/g, '').toLowerCase();
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
