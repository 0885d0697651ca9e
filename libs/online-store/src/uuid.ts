import type { EventId } from '@millrace/events';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text has the shape of a UUID in lower case; any version, as other stores take it too. */
export function isUuid(text: string): text is EventId {
  return UUID.test(text);
}
