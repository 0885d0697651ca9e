/** The references of a document, such as `#/components/schemas/Row`, that name nothing in it. */
export function brokenReferences(document: unknown): readonly string[] {
  const broken = new Set<string>();
  const open: unknown[] = [document];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null) continue;
    open.push(...Object.values(node));
    if ('$ref' in node && typeof node.$ref === 'string' && !leadsSomewhere(node.$ref, document))
      broken.add(node.$ref);
  }
  return [...broken];
}

function leadsSomewhere(reference: string, document: unknown): boolean {
  const [root, ...steps] = reference.split('/');
  if (root !== '#') return false;
  let node = document;
  for (const step of steps) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return false;
    node = Object.entries(node).find(([key]) => key === name)?.[1];
  }
  return true;
}
