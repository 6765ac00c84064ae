import { createSocket } from "node:dgram";

// A program on a host that measures the network by numbered datagrams. Its words:
//   listen PORT                              echoes; at the end of its input writes what arrived
//   send ADDRESS PORT COUNT INTERVAL_MS      writes what came back, once all is back or it is quiet
// Result: a line of JSON, an array of [number, sentUs, arrivedUs] on the clock that all hosts share.

/** Nothing that is still under way comes later than this after the last one, in ms. */
const QUIET_MS = 300;
const BYTES = 64;

const [mode, ...words] = process.argv.slice(2);
const socket = createSocket({ type: "udp4", reuseAddr: true });
const arrivals: [number: number, sentUs: number, arrivedUs: number][] = [];

function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

function arrived(payload: Buffer): void {
  if (payload.length < 12) return;
  arrivals.push([payload.readUInt32BE(0), Number(payload.readBigUInt64BE(4)), nowUs()]);
}

function finish(): void {
  process.stdout.write(`${JSON.stringify(arrivals)}\n`, () => process.exit());
}

function listen(port: number): void {
  socket.on("message", (payload, from) => {
    arrived(payload);
    // With our time: so the way back is measured by itself.
    payload.writeBigUInt64BE(BigInt(nowUs()), 4);
    socket.send(payload, from.port, from.address, () => undefined);
  });
  socket.bind(port, () => void process.stdout.write("ready\n"));
  process.stdin.resume().on("end", finish);
}

function send(address: string, port: number, count: number, intervalMs: number): void {
  let number = 0;
  let quiet: NodeJS.Timeout | undefined;
  const maybeLast = (): void => {
    if (number < count) return;
    clearTimeout(quiet);
    quiet = setTimeout(finish, QUIET_MS);
  };
  socket.on("message", (payload) => {
    arrived(payload);
    maybeLast();
  });
  // A host that is cut off may be told so; that is a result, too.
  socket.on("error", () => undefined);
  socket.bind(0, () => {
    socket.setBroadcast(true);
    const pacing = setInterval(() => {
      if (number === count) {
        clearInterval(pacing);
        maybeLast();
        return;
      }
      const payload = Buffer.alloc(BYTES);
      payload.writeUInt32BE(number);
      payload.writeBigUInt64BE(BigInt(nowUs()), 4);
      number += 1;
      socket.send(payload, port, address, () => undefined);
    }, intervalMs);
  });
}

if (mode === "listen") listen(Number(words[0]));
else send(words[0] ?? "", Number(words[1]), Number(words[2]), Number(words[3]));
