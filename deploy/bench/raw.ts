import { Publisher, Reply, Request, Subscriber } from "zeromq";
import type { Program } from "../../agent/core/program.ts";
import { aborted } from "../../agent/core/waiting.ts";
import { nowUs, percentilesOf } from "./figures.ts";

/** What the raw programs are told: sizes and counts, and for the sink the source's addresses. */
export interface RawOptions {
  readonly frameBytes: number;
  readonly latencyCount: number;
  readonly burstCount: number;
  readonly echoCount: number;
  readonly endpoints?: readonly [pub: string, reply: string];
}

const ADDRESS = "tcp://127.0.0.1:*";

/** zeromq.js alone: PUB at 1,000 messages/s until a burst is asked for over REP, which also echoes. */
export const rawSource: Program = async (_world, options, parent, signal) => {
  const { frameBytes, burstCount } = options as RawOptions;
  const publisher = new Publisher({ sendHighWaterMark: 0 });
  const reply = new Reply();
  await publisher.bind(ADDRESS);
  await reply.bind(ADDRESS);
  parent.send([publisher.lastEndpoint, reply.lastEndpoint]);
  const send = (): Promise<void> => {
    const frame = Buffer.alloc(frameBytes);
    frame.writeDoubleLE(nowUs());
    return publisher.send(frame);
  };
  let sending = Promise.resolve();
  const tick = setInterval(() => {
    sending = sending.then(send);
  }, 1);
  const serve = async (): Promise<void> => {
    for await (const [question = Buffer.alloc(0)] of reply) {
      if (question.byteLength === 0) clearInterval(tick);
      await reply.send(question);
      if (question.byteLength !== 0) continue;
      await sending;
      for (let each = 0; each < burstCount; each += 1) await send();
    }
  };
  await Promise.race([serve(), aborted(signal)]);
  clearInterval(tick);
  publisher.close();
  reply.close();
};

/** Measures the same phases as the bench's Sink. */
export const rawSink: Program = async (_world, options, parent, signal) => {
  const { frameBytes, latencyCount, burstCount, echoCount, endpoints } = options as RawOptions;
  const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
  const request = new Request();
  subscriber.connect(endpoints?.[0] ?? "");
  request.connect(endpoints?.[1] ?? "");
  subscriber.subscribe();
  const latencies: number[] = [];
  while (latencies.length < latencyCount) {
    const [frame] = await subscriber.receive();
    latencies.push(nowUs() - (frame?.readDoubleLE() ?? 0));
  }
  parent.send({ kind: "measured", phase: "one way", ...percentilesOf(latencies) });
  await request.send(Buffer.alloc(0));
  await request.receive();
  const startUs = nowUs();
  for (let each = 0; each < burstCount; each += 1) await subscriber.receive();
  const perSecond = (burstCount * 1e6) / (nowUs() - startUs);
  parent.send({ kind: "measured", phase: "burst", perSecond });
  const trips: number[] = [];
  const beginUs = nowUs();
  for (let each = 0; each < echoCount; each += 1) {
    const sentUs = nowUs();
    await request.send(Buffer.alloc(frameBytes, 1));
    await request.receive();
    trips.push(nowUs() - sentUs);
  }
  const tripsPerSecond = (echoCount * 1e6) / (nowUs() - beginUs);
  parent.send({
    kind: "measured",
    phase: "round trip",
    perSecond: tripsPerSecond,
    ...percentilesOf(trips),
  });
  parent.send({ kind: "measured", phase: "over" });
  await aborted(signal);
  subscriber.close();
  request.close();
};
