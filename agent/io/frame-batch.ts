/** Frames of this size and more travel alone, without a copy. */
const ALONE_BYTES_MIN = 16 * 1024;
/** A batch ends here: who keeps one small frame keeps its whole batch in memory. */
const BATCH_BYTES_MAX = 64 * 1024;
const BATCH_FRAMES_MAX = 1024;
const LENGTH_BYTES = 4;

/**
 * How many frames of `queue` travel together, from `start` on (there is at least one).
 * zeromq.js costs microseconds per message and per part; a batch pays them once.
 */
export function batchLength(queue: readonly Uint8Array[], start: number): number {
  let byteCount = 0;
  let count = 0;
  for (let index = start; index < queue.length && count < BATCH_FRAMES_MAX; index += 1) {
    const size = queue[index]?.byteLength ?? 0;
    if (count > 0 && (size >= ALONE_BYTES_MIN || byteCount + size > BATCH_BYTES_MAX)) break;
    count += 1;
    byteCount += size + LENGTH_BYTES;
    if (size >= ALONE_BYTES_MIN) break;
  }
  return count;
}

/** `frames` as one message body: a single one as it is, else each after its length. */
export function packBatch(frames: readonly Uint8Array[]): Uint8Array {
  const [first] = frames;
  if (frames.length === 1 && first !== undefined) return first;
  const byteCount = frames.reduce((sum, frame) => sum + LENGTH_BYTES + frame.byteLength, 0);
  // Slow: not out of the shared pool, for libzmq holds on to these bytes for a while.
  const body = Buffer.allocUnsafeSlow(byteCount);
  let at = 0;
  for (const frame of frames) {
    at = body.writeUInt32LE(frame.byteLength, at);
    body.set(frame, at);
    at += frame.byteLength;
  }
  return body;
}

/** Hands the frames of a packed `body` to `take`; false, with nothing handed over, when it is malformed. */
export function unpackBatch(body: Uint8Array, take: (frame: Uint8Array) => void): boolean {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const frames: Uint8Array[] = [];
  let at = 0;
  while (at < body.byteLength) {
    if (at + LENGTH_BYTES > body.byteLength) return false;
    const end = at + LENGTH_BYTES + view.getUint32(at, true);
    if (end > body.byteLength) return false;
    // Plain bytes: a Buffer here would tempt readers to rely on it, and no other wire gives one.
    frames.push(
      new Uint8Array(body.buffer, body.byteOffset + at + LENGTH_BYTES, end - at - LENGTH_BYTES),
    );
    at = end;
  }
  for (const frame of frames) take(frame);
  return true;
}
