import { setTimeout as delay } from 'node:timers/promises';
import type { Pair, Tap } from './link.ts';
import type { Trap } from './traps.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
/** The server has read the rows by then, and is at work. */
const UNDER_WAY_MS = 4;
const MOST_HELD = 96 * 1024 * 1024;

/** What a request of the ClickHouse client does, as far as it matters here. */
type Statement = 'insert' | 'record' | 'other';

/**
 * Recognises inserts in the HTTP talk of one connection: `mid-insert` when half of the rows went to the server,
 * `insert-under-way` when all did and the server is about to store them,
 * `inserted-not-recorded` when the server has answered for the rows, `recorded-not-committed` when it has
 * answered for the row that says so. Answers are whole: the clients wait for the end of a query.
 */
export function clickhouseTap(trap: Trap): (pair: Pair) => Tap {
  return (pair) => {
    let statement: Statement | undefined;
    let held: Buffer[] | undefined;
    let answered = true;

    function begin(bytes: Buffer): void {
      answered = false;
      statement = statementOf(bytes);
      const isWanted = trap.isSet('mid-insert') || trap.isSet('insert-under-way');
      held = statement === 'insert' && isWanted ? [] : undefined;
    }

    function release(): void {
      for (const bytes of held ?? []) pair.toServer(bytes);
      held = undefined;
    }

    function passHalf(request: Buffer): void {
      const body = request.indexOf(HEAD_END) + HEAD_END.length;
      pair.toServer(request.subarray(0, body + ((request.length - body) >> 1)));
      pair.cut();
      void pair.serverHas().then(() => trap.spring('mid-insert'));
    }

    function passAll(): void {
      release();
      pair.cut();
      void pair
        .serverHas()
        .then(() => delay(UNDER_WAY_MS))
        .then(() => trap.spring('insert-under-way'))
        .then(() => pair.close());
    }

    return {
      fromClient(bytes) {
        if (answered) begin(bytes);
        if (held === undefined) return pair.toServer(bytes);
        held.push(bytes);
        const request = Buffer.concat(held);
        held = [request];
        if (isWhole(request)) {
          if (trap.reached('mid-insert')) return passHalf(request);
          if (trap.reached('insert-under-way')) return passAll();
          release();
        } else if (request.length > MOST_HELD) release();
      },
      fromServer(bytes) {
        answered = true;
        const point =
          statement === 'insert'
            ? 'inserted-not-recorded'
            : statement === 'record'
              ? 'recorded-not-committed'
              : undefined;
        statement = undefined;
        if (point !== undefined && isOk(bytes) && trap.reached(point)) {
          pair.cut();
          trap.spring(point);
        } else pair.toClient(bytes);
      },
    };
  };
}

/** By the start of a request: the client puts the statement into the address and sends the rows as the body. */
function statementOf(bytes: Buffer): Statement {
  const line = bytes.toString('latin1', 0, Math.min(bytes.length, 8192)).split('\r\n', 1)[0] ?? '';
  const query = new URL(line.split(' ')[1] ?? '/', 'http://clickhouse').searchParams.get('query') ?? '';
  if (!/^\s*INSERT INTO/i.test(query)) return 'other';
  if (/applied_ranges/.test(query)) return 'record';
  return /features_|predictions|labels/.test(query) ? 'insert' : 'other';
}

/** Whether a request has all of its body; rows come in chunks, whose last one is empty. */
function isWhole(request: Buffer): boolean {
  const head = request.indexOf(HEAD_END);
  if (head < 0) return false;
  const announced = /content-length: (\d+)/i.exec(request.toString('latin1', 0, head))?.[1];
  const body = request.length - head - HEAD_END.length;
  if (announced !== undefined) return body >= Number(announced);
  return request.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
}

function isOk(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 12) === 'HTTP/1.1 200';
}
