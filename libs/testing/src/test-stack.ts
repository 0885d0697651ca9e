import type { StackAddresses } from '@millrace/embedded';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackAddresses;
  }
}

/** The real servers that this vitest run uses, for tests named `.int.spec.ts` and `.e2e.spec.ts`. */
export function testStack(): StackAddresses {
  return inject('stack');
}
