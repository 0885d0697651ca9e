/**
 * Every error code that users and operators can meet, with what it means and whether trying the same thing
 * again can succeed. The code is stable; the sentence may be improved. `docs/errors.md` is held equal by a test.
 */
export const errorCatalogue = {
  BODY_TOO_LARGE: { retry: false, title: 'The body of the request is larger than is allowed.' },
  COMPONENT_FAILED: {
    retry: false,
    title: 'A server or service of the embedded stack did not start, or ended by itself.',
  },
  CONFIG_INVALID: { retry: false, title: 'An option of the configuration breaks its rule.' },
  CONFLICT: { retry: true, title: 'Somebody else changed the same thing first; read it and decide again.' },
  DEAD_LETTER_REASON_MISSING: { retry: false, title: 'A dead letter is discarded with a reason.' },
  DEAD_LETTER_REPLAYED: { retry: false, title: 'The dead letter was replayed, so it cannot be discarded.' },
  DEAD_LETTER_UNKNOWN: { retry: false, title: 'No dead letter has this id or place.' },
  DEFINITION_INCOMPATIBLE: { retry: false, title: 'The change would break data or readers that exist.' },
  DEFINITION_INVALID: { retry: false, title: 'A definition breaks its rules.' },
  DEFINITION_UNKNOWN: { retry: false, title: 'No entity, feature view or feature service has this name.' },
  EVENT_MALFORMED: { retry: false, title: 'The bytes are not an event in the Confluent wire format.' },
  EVENT_TOO_FAR_AHEAD: {
    retry: false,
    title: 'The event time lies ahead of the recording by more than the bound.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    retry: false,
    title: 'A row with other contents was accepted under this Idempotency-Key and number before.',
  },
  INTERNAL: { retry: false, title: 'A fault in Millrace itself.' },
  KEY_INVALID: { retry: false, title: 'A column of the entity key is missing or has the wrong type.' },
  LOG_TRUNCATED: {
    retry: false,
    title: 'The log does not have the records that a store goes on from: its topic was made anew or cut.',
  },
  LOG_UNAVAILABLE: { retry: true, title: 'Kafka did not take or give the records in time.' },
  MEDIA_TYPE_UNSUPPORTED: {
    retry: false,
    title: 'The body has a type or an encoding that is not read here.',
  },
  MODEL_UNKNOWN: { retry: false, title: 'No model has this name.' },
  MODEL_VERSION_EXISTS: { retry: false, title: 'The model version is registered with other contents.' },
  MODEL_VERSION_UNKNOWN: { retry: false, title: 'The model has no such version.' },
  OVERLOADED: {
    retry: true,
    title: 'Too much is under way already; try again after the time that is given.',
  },
  PORT_TAKEN: { retry: false, title: 'A port that was asked for is in use.' },
  POSITIONS_NOT_REACHED: {
    retry: true,
    title: 'What was written had not reached the store within the time limit.',
  },
  REGISTRY_UNAVAILABLE: { retry: true, title: 'The schema registry did not answer.' },
  REQUEST_INVALID: { retry: false, title: 'The request does not fit the interface.' },
  ROLLBACK_IMPOSSIBLE: { retry: false, title: 'There is no earlier release to go back to.' },
  ROWS_REJECTED: { retry: false, title: 'Some rows of a write were refused; the details name them.' },
  ROW_TOO_LARGE: { retry: false, title: 'The row takes more bytes than a record of the log may have.' },
  SCHEMA_UNKNOWN: { retry: false, title: 'The schema registry has no schema with this id.' },
  SERVICE_UNAVAILABLE: { retry: true, title: 'A service of Millrace did not answer.' },
  SNAPSHOT_UNKNOWN: { retry: false, title: 'There is no training snapshot with this id.' },
  STACK_LOCKED: { retry: false, title: 'Another stack runs on the same data folder.' },
  STORE_LOST_WRITES: {
    retry: true,
    title: 'The online store has lost writes that it had acknowledged; they are written again from the log.',
  },
  STORE_UNAVAILABLE: { retry: true, title: 'A store did not answer.' },
  TIME_INVALID: {
    retry: false,
    title: 'A time is not ISO 8601 with a zone, or lies outside the years 1 to 9999.',
  },
  TOOLCHAIN_MISSING: { retry: false, title: 'Set-up has not run, or a tool that it found is gone.' },
  VALUE_INVALID: { retry: false, title: 'A value does not fit the type of its field.' },
  FIELD_UNKNOWN: { retry: false, title: 'The row has a field that its definition does not have.' },
} as const satisfies Record<string, { retry: boolean; title: string }>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;
