import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorCatalogue } from './error-catalogue.ts';
import { MillraceError } from './errors.ts';
import { errorsPage } from './errors-page.ts';

it('keeps the page of error codes equal to the catalogue', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  expect(page, 'run: node libs/kernel/generate-errors-page.ts').toBe(errorsPage());
});

it('decides by the catalogue whether trying again can help', () => {
  expect(new MillraceError('LOG_UNAVAILABLE', 'x').retry).toBe(errorCatalogue.LOG_UNAVAILABLE.retry);
  expect(new MillraceError('VALUE_INVALID', 'x').retry).toBe(false);
});
