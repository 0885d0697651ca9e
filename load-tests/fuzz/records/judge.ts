import { viewOfTopic } from '@millrace/events';
import type { Ledger, SentRecord } from './ledger.ts';
import { type Letter, type Letters, type OfflineView, readOnline } from './stores.ts';

/** Something that is not as it has to be. */
export interface Finding {
  readonly problem: string;
  readonly topic: string;
  readonly place: string;
  /** What was done to the record. */
  readonly what: string;
}

/** What became of the records. */
export interface Judgement {
  readonly malformed: number;
  readonly deadLetters: number;
  readonly good: number;
  readonly findings: readonly Finding[];
}

const NO_LETTERS: ReadonlyMap<string, Letter> = new Map();

/**
 * Holds what both stores have against what was sent: each record is a row or a dead letter with code and reason, not
 * both; what had to be one is that one; the stores of a view judged alike; each good row is what an online read gives.
 */
export async function judge(ledger: Ledger, offline: OfflineView, featureServer: string): Promise<Judgement> {
  const letters = await offline.letters();
  const findings: Finding[] = [];
  const counts = { malformed: 0, deadLetters: 0, good: 0 };
  for (const topic of ledger.topics()) {
    const rows = await offline.rows(topic);
    const refused = lettersOf(letters, 'offline-projector', topic);
    const view = viewOfTopic(topic);
    const refusedOnline = lettersOf(letters, 'online-projector', topic);
    const readable: { readonly place: string; readonly sent: SentRecord }[] = [];
    for (const { place, sent } of ledger.of(topic)) {
      const letter = refused.get(place);
      for (const problem of problemsOf(sent, rows.has(place), letter)) {
        findings.push({ problem, topic, place, what: sent.what });
      }
      if (view !== undefined && (letter === undefined) !== (refusedOnline.get(place) === undefined)) {
        findings.push({ problem: 'the stores judged differently', topic, place, what: sent.what });
      }
      if (sent.expected === 'letter') counts.malformed += 1;
      if (sent.expected === 'row') counts.good += 1;
      if (letter !== undefined) counts.deadLetters += 1;
      if (sent.expected === 'row' && sent.entity !== undefined) readable.push({ place, sent });
    }
    if (view === undefined) continue;
    const places = await readOnline(
      featureServer,
      view,
      readable.map(({ sent }) => sent.entity ?? {}),
    );
    readable.forEach(({ place, sent }, index) => {
      if (places[index] !== place)
        findings.push({ problem: 'not in the online store', topic, place, what: sent.what });
    });
  }
  return { ...counts, findings };
}

function lettersOf(letters: Letters, service: string, topic: string): ReadonlyMap<string, Letter> {
  return letters.get(service)?.get(topic) ?? NO_LETTERS;
}

function problemsOf({ expected }: SentRecord, isRow: boolean, letter: Letter | undefined): readonly string[] {
  const problems: string[] = [];
  if (!isRow && letter === undefined) problems.push('neither a row nor a dead letter');
  if (isRow && letter !== undefined) problems.push('a row and a dead letter');
  if (expected === 'letter' && isRow) problems.push('a malformed record became a row');
  if (expected === 'row' && letter !== undefined)
    problems.push(
      `a good record became a dead letter: ${letter.code} ${letter.reason.replaceAll(/\d+/g, '…')}`,
    );
  if (letter !== undefined && (letter.code === '' || letter.reason === ''))
    problems.push('a dead letter without code or reason');
  return problems;
}
