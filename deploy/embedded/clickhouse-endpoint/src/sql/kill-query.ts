import { tokenize } from './tokenizer.ts';

/**
 * Where a request's query id stands while its query runs: in `log_comment`, behind the id of its connection. The
 * engine gives each query an id of its own, which a client cannot choose.
 */
export function queryComment(connectionId: string, queryId: string, comment: string | undefined): string {
  return [`${connectionId} ${queryId}`, ...(comment === undefined ? [] : [comment])].join('\n');
}

const connectionIdLength = 36;
const queryIdExpression = `substringIndex(substring(Settings['log_comment'], ${connectionIdLength + 2}), '\\n', 1)`;

/** Makes `KILL QUERY WHERE query_id = '…'` mean the id that the client gave, or got in `X-ClickHouse-Query-Id`. */
export function withClientQueryId(text: string): string {
  let result = '';
  let end = 0;
  for (const token of tokenize(text)) {
    const isQueryId =
      token.kind === 'word' && text.slice(token.start, token.end).toLowerCase() === 'query_id';
    result +=
      text.slice(end, token.start) + (isQueryId ? queryIdExpression : text.slice(token.start, token.end));
    end = token.end;
  }
  return result + text.slice(end);
}
