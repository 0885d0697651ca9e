import type { Envelope } from '@millrace/events';

/** Who the monitor's events say that they are from. */
export const producer: Envelope['producer'] = { service: 'monitor', version: null, commit: null };
