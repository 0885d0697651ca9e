const BYTES_IN_LINE = 16;

/** The beginning of some bytes in hex, with the characters beside them. */
export function hexDump(bytes: Buffer, most = 128): string {
  const shown = bytes.subarray(0, most);
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += BYTES_IN_LINE) {
    const line = shown.subarray(at, at + BYTES_IN_LINE);
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const characters = [...line].map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.',
    );
    lines.push(
      `${at.toString(16).padStart(6, '0')}  ${hex.padEnd(BYTES_IN_LINE * 3 - 1)}  ${characters.join('')}`,
    );
  }
  const left = bytes.length - shown.length;
  return [...lines, ...(left > 0 ? [`… ${left} bytes more`] : [])].join('\n');
}
