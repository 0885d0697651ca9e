import { errorCatalogue } from './error-catalogue.ts';

/** The page of the docs that lists every error code. */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { retry, title }]) => `| \`${code}\` | ${title} | ${retry ? 'yes' : 'no'} |`);
  return [
    '# Error codes',
    '',
    'Every error that users and operators can meet has a stable code. "Again" says whether the same call can succeed',
    'later without anybody changing anything.',
    '',
    '| code | meaning | again |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
