import { Publisher, Reply, Request, Subscriber } from "zeromq";
import type { Program } from "../../agent/core/program.ts";
import { aborted } from "../../agent/core/waiting.ts";
import {
  nowUs,
  type PhaseReport,
  percentilesOf,
  SETTLING_COUNT,
  Times,
  WARM_UP_COUNT,
  WARM_UP_ECHO_COUNT,
} from "./figures.ts";

/** What the raw programs are told: sizes and counts, and for the sink the source's addresses. */
export interface RawOptions {
  readonly frameBytes: number;
  readonly latencyCount: number;
  readonly burstCount: number;
  readonly echoCount: number;
  readonly endpoints?: readonly [pub: string, reply: string];
}

const ADDRESS = "tcp://127.0.0.1:*";

/**
 * zeromq.js alone: PUB that is asked over REP: for a burst of so many messages, to tick 1,000 times a
 * second or to rest; other questions are echoed.
 */
export const rawSource: Program = async (_world, options, parent, signal) => {
  const { frameBytes } = options as RawOptions;
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
  let isTicking = true;
  const tick = setInterval(() => {
    if (isTicking) sending = sending.then(send);
  }, 1);
  const serve = async (): Promise<void> => {
    for await (const [question = Buffer.alloc(0)] of reply) {
      const count = question.byteLength === CREDIT_BYTES ? question.readInt32LE() : ECHO;
      if (count !== ECHO) isTicking = count === TICK;
      await reply.send(question);
      await sending;
      for (let each = 0; each < count; each += 1) await send();
    }
  };
  await Promise.race([serve(), aborted(signal)]);
  clearInterval(tick);
  publisher.close();
  reply.close();
};

/** A question that is no echo: four bytes, a count of messages or one of these. */
const CREDIT_BYTES = 4;
const TICK = -1;
const REST = 0;
const ECHO = -2;

/** Measures the same phases as the bench's Sink. */
export const rawSink: Program = async (_world, options, parent, signal) => {
  const { frameBytes, latencyCount, burstCount, echoCount, endpoints } = options as RawOptions;
  const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
  const request = new Request();
  subscriber.connect(endpoints?.[0] ?? "");
  request.connect(endpoints?.[1] ?? "");
  subscriber.subscribe();
  const told = (facts: PhaseReport): void => parent.send({ kind: "measured", ...facts });
  const ask = async (question: Buffer): Promise<void> => {
    await request.send(question);
    await request.receive();
  };
  const credit = (count: number): Promise<void> => {
    const question = Buffer.alloc(CREDIT_BYTES);
    question.writeInt32LE(count);
    return ask(question);
  };
  const take = async (count: number): Promise<void> => {
    for (let each = 0; each < count; each += 1) await subscriber.receive();
  };
  await take(1);
  await credit(WARM_UP_COUNT);
  await take(WARM_UP_COUNT);
  const startUs = nowUs();
  await credit(burstCount);
  await take(burstCount);
  told({ phase: "burst", perSecond: (burstCount * 1e6) / (nowUs() - startUs) });
  await credit(TICK);
  await take(SETTLING_COUNT);
  const latencies = new Times(latencyCount);
  for (let isWanted = true; isWanted; ) {
    const [frame] = await subscriber.receive();
    isWanted = latencies.add(nowUs() - (frame?.readDoubleLE() ?? 0));
  }
  told({ phase: "one way", ...percentilesOf(latencies.values) });
  await credit(REST);
  const trips = new Times(echoCount);
  let beginUs = 0;
  for (let each = -WARM_UP_ECHO_COUNT; each < echoCount; each += 1) {
    const sentUs = nowUs();
    if (each === 0) beginUs = sentUs;
    await ask(Buffer.alloc(frameBytes, 1));
    if (each >= 0) trips.add(nowUs() - sentUs);
  }
  const perSecond = (echoCount * 1e6) / (nowUs() - beginUs);
  told({ phase: "round trip", perSecond, ...percentilesOf(trips.values) });
  told({ phase: "over" });
  await aborted(signal);
  subscriber.close();
  request.close();
};
