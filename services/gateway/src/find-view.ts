import type { RegisteredView } from '@millrace/feature-registry';
import { MillraceError } from '@millrace/kernel';
import type { FollowedDefinitions } from '@millrace/processing';

/** Finds a registered view. @throws MillraceError DEFINITION_UNKNOWN */
export type FindView = (name: string) => RegisteredView | Promise<RegisteredView>;

/**
 * Finds views in the followed definitions. A view that was registered a moment ago may not have arrived here: before an
 * unknown one is refused, the definitions catch up with the log, once for all requests that wait.
 */
export function findViewIn({ catalog, caughtUp }: FollowedDefinitions, waitMs: number): FindView {
  let catchingUp: Promise<void> | undefined;
  const catchUp = () => {
    catchingUp ??= Promise.race([caughtUp(), timeout(waitMs)]).finally(() => {
      catchingUp = undefined;
    });
    return catchingUp;
  };
  return (name) => catalog.findView(name) ?? catchUp().then(() => catalog.view(name));
}

function timeout(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(
      () =>
        reject(new MillraceError('LOG_UNAVAILABLE', 'the definitions did not catch up with the log in time')),
      milliseconds,
    ).unref();
  });
}
