import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { firstModelCard, loadScorer, priorScorer, readModelCard } from './scorer.ts';

const calm = [20, -5, 0.05, 18, -4, 0.05, 800, 6, -5, 0];
const stormy = [20, 60, 0.9, 18, 40, 0.7, 800, 6, 55, 0.9];

describe('the first model', () => {
  it('tells a stormy day from a calm one', async () => {
    const { score } = await loadScorer(firstModelCard);
    const [onACalmDay, onAStormyDay] = await score([calm, stormy]);
    expect(onACalmDay).toBeGreaterThan(0);
    expect(onACalmDay).toBeLessThan(0.25);
    expect(onAStormyDay).toBeGreaterThan(0.5);
    expect(onAStormyDay).toBeLessThan(1);
  });

  it('answers for a vector whatever is in the batch beside it, and with features missing', async () => {
    const { score, features } = await loadScorer(firstModelCard);
    const unknown = features.map(() => null);
    const together = await score([stormy, unknown, calm]);
    const alone = await Promise.all([stormy, unknown, calm].map((vector) => score([vector])));
    expect(together).toEqual(alone.flat());
    expect(together.every((probability) => probability > 0 && probability < 1)).toBe(true);
    expect(await score([])).toEqual([]);
  });

  it('refuses a vector of another length', async () => {
    const { score } = await loadScorer(firstModelCard);
    await expect(score([[1, 2, 3]])).rejects.toThrow(RangeError);
  });

  it('refuses an ONNX file that is not the one of the card', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flights-'));
    try {
      const card = await readModelCard(firstModelCard);
      const file = await readFile(new URL(card.artifact.file, firstModelCard));
      file[file.length - 1] = (file.at(-1) ?? 0) ^ 1;
      await writeFile(join(folder, card.artifact.file), file);
      await writeFile(join(folder, 'card.json'), JSON.stringify(card));
      await expect(loadScorer(pathToFileURL(join(folder, 'card.json')))).rejects.toThrow(
        'is not the file of version 1',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('priorScorer', () => {
  it('gives everybody the same probability', async () => {
    expect(await priorScorer(['a'], 0.2).score([[1], [null]])).toEqual([0.2, 0.2]);
  });
});
