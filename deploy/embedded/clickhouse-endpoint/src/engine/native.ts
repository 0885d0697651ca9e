import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** An open engine connection; only the binding knows what is inside. */
export type NativeConnection = { readonly nativeConnection: unique symbol };

/** What a query that ended well returns; `elapsed` in seconds. */
export type NativeResult = {
  readonly bytes: Uint8Array;
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
};

/** The part of chdb's native addon that the endpoint uses. */
export type NativeBinding = {
  CreateConnection(dataDirectory: string, args?: readonly string[]): NativeConnection;
  CloseConnection(connection: NativeConnection): void;
  QueryAsyncConnection(connection: NativeConnection, sql: string, format: string): Promise<NativeResult>;
};

/**
 * Loads chdb's addon below its `Session` class.
 *
 * `Session.close()` waits for every query of the process, so beside one long query the connections of all
 * short ones would pile up; the addon closes each when its own query has ended.
 */
export function loadNativeBinding(): NativeBinding {
  const require = createRequire(import.meta.url);
  const loader = join(dirname(require.resolve('chdb')), 'dist', 'loader.js');
  return require(loader).loadNative();
}
