import { randomBytes } from 'node:crypto';

const TEST_NAME = /(^|[._-])test_[a-z0-9_]*_[0-9a-f]{8}($|[._-])/;

/**
 * A name that no other test has, such as `test_orders_1f3a90bc`: fit for a feature view, a topic, a table, a
 * consumer group or a key.
 *
 * @param prefix lower case letters, digits and underscores.
 */
export function uniqueName(prefix: string): string {
  return `test_${prefix}_${randomBytes(4).toString('hex')}`;
}

/** Whether a name was made by {@link uniqueName}, or holds one between dots, dashes or underscores. */
export function isTestName(name: string): boolean {
  return TEST_NAME.test(name);
}

/**
 * To be called before anything is dropped or emptied.
 *
 * @returns the name.
 * @throws Error when the name is not a test's.
 */
export function assertTestName(name: string): string {
  if (!isTestName(name)) throw new Error(`"${name}" is not the name of something that a test made; it stays`);
  return name;
}
