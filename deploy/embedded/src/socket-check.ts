import { connect } from 'node:net';

const TIMEOUT_MS = 2000;

/** Sends one request to a loopback port and judges the first bytes of the answer; no answer in two seconds is a no. */
export function answers(
  port: number,
  request: string | Buffer,
  isGood: (answer: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (value: boolean) => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(TIMEOUT_MS, () => settle(false));
    socket.once('connect', () => socket.write(request));
    socket.once('data', (data) => settle(isGood(data)));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}
