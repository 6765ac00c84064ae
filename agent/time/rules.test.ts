// Goal: what is taken for certain is: spans hold the truth, frames say no less than was meant, the graph is bounded.
// Method: properties, with the truth drawn first and what is said about it after.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { UNKNOWN_QUALITY } from "../core/clock.ts";
import { utcUsOn } from "../core/clock-line.ts";
import { DriftRule } from "./drift-rule.ts";
import { EdgeFilter } from "./edge-filter.ts";
import { LeapRule } from "./leap-rule.ts";
import { ASKED_MAX, askedBy } from "./neighbours.ts";
import { ServoRule, SLEW_PPB_MAX } from "./servo-rule.ts";
import { agreement, type Span, selection } from "./span.ts";
import {
  decodeTimeFrame,
  encodeTimeFrame,
  FRAME_BYTES,
  rankOf,
  SOURCE_KINDS,
  type TimeFrame,
} from "./time-frame.ts";

const small = fc.double({ min: -1000, max: 1000, noNaN: true });
const width = fc.double({ min: 0, max: 500, noNaN: true });
const around = (truth: number, below: number, above: number): Span => ({
  low: truth - below,
  high: truth + above,
});

describe("agreement of spans", () => {
  const cases = fc.record({
    truth: small,
    honest: fc.array(fc.tuple(width, width), { minLength: 3, maxLength: 7 }),
    lie: fc.tuple(small, width),
  });

  it("holds the truth when no more lie than is allowed for, and lies within what most say", () => {
    fc.assert(
      fc.property(cases, ({ truth, honest, lie: [lie, half] }) => {
        const spans = honest.map(([below, above]) => around(truth, below, above));
        const agreed = agreement([...spans, around(lie, half, half)], 1);
        assert.ok(agreed !== undefined && agreed.low <= truth && truth <= agreed.high);
        // No edge rests on the liar alone.
        assert.ok(agreed.low <= Math.max(...spans.map(({ low }) => low)));
        assert.ok(agreed.high >= Math.min(...spans.map(({ high }) => high)));
      }),
    );
  });

  it("without lies is the intersection, and of less than half there is none", () => {
    const [one, two, three] = [around(0, 2, 2), around(1, 2, 2), around(9, 1, 1)];
    assert.deepEqual(agreement([one, two], 0), { low: -1, high: 2 });
    assert.deepEqual(selection([one, two, three], 0), { low: -1, high: 2 });
    assert.equal(selection([one, three], 0), undefined);
    assert.equal(selection([one, three, around(20, 1, 1)], 0), undefined);
    assert.equal(selection([], 0), undefined);
    assert.deepEqual(agreement([around(0, 1, 1), around(2, 1, 1)], 0), { low: 1, high: 1 });
  });
});

describe("drift rule", () => {
  it("surely holds the true rate, and comes near it", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -100_000, max: 100_000, noNaN: true }),
        fc.array(fc.tuple(width, width), { minLength: 40, maxLength: 120 }),
        (ratePpb, errors) => {
          const rule = new DriftRule({ ratePpbMax: 1_000_000, wanderPpb: 1_000 });
          for (const [index, [below, above]] of errors.entries()) {
            const atUs = index * 4_000_000;
            assert.ok(rule.told(atUs, around((atUs * ratePpb) / 1e9, below, above)));
            const { low, high } = rule.rates;
            assert.ok(low <= ratePpb && ratePpb <= high, `${low} ${ratePpb} ${high}`);
            assert.ok(low <= rule.ratePpb && rule.ratePpb <= high);
          }
          // At most a width of 1 ms at both ends of the window, and the wander.
          const spanUs = (errors.length - 2) * 4_000_000;
          assert.ok(rule.rates.high - rule.rates.low <= (4_000 / spanUs) * 1e9 + 4_000);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("begins anew when it is contradicted", () => {
    const rule = new DriftRule({ ratePpbMax: 1_000_000, wanderPpb: 1_000 });
    for (let second = 0; second < 20; second += 1) rule.told(second * 1e6, around(0, 1, 1));
    assert.ok(rule.rates.high < 5_000);
    assert.equal(rule.told(20e6, around(500, 1, 1)), false);
    assert.deepEqual(rule.rates, { low: -1_000_000, high: 1_000_000 });
  });
});

describe("edge filter", () => {
  it("holds the true difference whatever the ways take, and is as narrow as the quickest of each", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50_000, max: 50_000, noNaN: true }),
        fc.array(fc.tuple(width, width), { minLength: 8, maxLength: 30 }),
        (ratePpb, ways) => {
          const filter = new EdgeFilter();
          const rates = { low: ratePpb - 1_000, high: ratePpb + 1_000 };
          for (const [index, [there, back]] of ways.entries()) {
            const atUs = index * 1e6;
            const theta = (atUs * ratePpb) / 1e9;
            filter.high(atUs, theta + there);
            filter.low(atUs, theta - back);
            const span = filter.spanAt(atUs, rates);
            const slack = 1e-6;
            assert.ok(
              span !== undefined && span.low <= theta + slack && theta <= span.high + slack,
            );
          }
          const last = ways.slice(-8);
          const least =
            Math.min(...last.map(([there]) => there)) + Math.min(...last.map(([, back]) => back));
          const span = filter.spanAt((ways.length - 1) * 1e6, rates);
          assert.ok(span !== undefined && span.high - span.low <= least + 8 * 2 + 1e-6);
        },
      ),
    );
  });

  it("of who contradicts himself takes the last word", () => {
    const filter = new EdgeFilter();
    const rates = { low: -1_000, high: 1_000 };
    filter.high(0, 5);
    filter.low(0, -5);
    filter.low(1e6, 1_000);
    filter.high(1e6, 1_010);
    const span = filter.spanAt(1e6, rates);
    assert.deepEqual(span, { low: 1_000, high: 1_010 });
  });
});

describe("time frames", () => {
  const claim = fc.record({
    utcUs: fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }),
    halfUs: fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(Infinity)),
  });
  const rank = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const frames: fc.Arbitrary<TimeFrame> = fc.record({
    kind: fc.constantFrom("ask", "answer"),
    seq: fc.nat(0xffff_ffff),
    echoSeq: fc.nat(0xffff_ffff),
    sent: claim,
    arrived: claim,
    isSet: fc.boolean(),
    isRoot: fc.boolean(),
    source: fc.constantFrom(...SOURCE_KINDS),
    stratum: fc.integer({ min: 0, max: 16 }),
    rootRank: rank,
    suspectRank: rank,
    rootAgeUs: fc.nat(600_000_000),
    rootRatePpb: fc.nat(1_000_000),
    leapSeconds: fc.constantFrom(-1, 0, 1),
  });

  it("come back as they were, but for what is rounded up", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const bytes = encodeTimeFrame(frame);
        assert.equal(bytes.byteLength, FRAME_BYTES);
        const read = decodeTimeFrame(bytes);
        assert.ok(read);
        for (const each of ["sent", "arrived"] as const) {
          assert.equal(read[each].utcUs, frame[each].utcUs);
          assert.ok(read[each].halfUs >= frame[each].halfUs);
          if (Number.isFinite(frame[each].halfUs))
            assert.ok(read[each].halfUs <= frame[each].halfUs * (1 + 1e-6) + 1e-29);
        }
        assert.ok(read.rootAgeUs >= frame.rootAgeUs && read.rootAgeUs < frame.rootAgeUs + 10_000);
        assert.ok(
          read.rootRatePpb >= frame.rootRatePpb && read.rootRatePpb < frame.rootRatePpb + 100,
        );
        const { sent, arrived, rootAgeUs, rootRatePpb } = read;
        assert.deepEqual(read, { ...frame, sent, arrived, rootAgeUs, rootRatePpb });
      }),
    );
  });

  it("anything else is none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const read = decodeTimeFrame(bytes);
        assert.ok(read === undefined || bytes.byteLength === FRAME_BYTES);
      }),
    );
    assert.equal(decodeTimeFrame(new Uint8Array(FRAME_BYTES)), undefined);
  });
});

describe("neighbours", () => {
  for (const count of [1, 2, 3, 4, 8, 9, 10, 17, 32, 100, 200])
    it(`of ${count} boards nobody asks or is asked by more than ${ASKED_MAX}, and few steps lead everywhere`, () => {
      const boards = Array.from({ length: count }, (_, index) => `b${index}`);
      const links = new Map<string, Set<string>>(boards.map((board) => [board, new Set()]));
      const askedCount = new Map<string, number>();
      for (const board of boards) {
        const asked = askedBy(board, boards);
        assert.ok(asked.length <= ASKED_MAX && !asked.includes(board));
        for (const other of asked) {
          assert.ok(links.get(board)?.has(other) !== true, "one exchange serves both");
          links.get(board)?.add(other);
          links.get(other)?.add(board);
          askedCount.set(other, (askedCount.get(other) ?? 0) + 1);
        }
      }
      assert.ok([...askedCount.values()].every((each) => each <= ASKED_MAX));
      if (count <= 9) assert.ok([...links.values()].every(({ size }) => size === count - 1));
      let reached = new Set(["b0"]);
      let steps = 0;
      for (; reached.size < count; steps += 1)
        reached = new Set([...reached].flatMap((each) => [each, ...(links.get(each) ?? [])]));
      assert.ok(steps <= (count <= 32 ? 3 : 6), `${steps} steps`);
    });

  it("ranks differ", () => {
    const ranks = new Set(Array.from({ length: 2_000 }, (_, index) => rankOf(`board-${index}`)));
    assert.equal(ranks.size, 2_000);
    for (const each of ranks) assert.ok(Number.isSafeInteger(each) && each > 0 && each < 2 ** 48);
  });
});

describe("servo", () => {
  it("never goes back or faster than it may, its bound holds all that is known, and it gets there", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(small, width), { minLength: 5, maxLength: 40 }),
        fc.double({ min: -100_000, max: 100_000, noNaN: true }),
        (told, ratePpb) => {
          const servo = new ServoRule();
          const rates = { low: ratePpb - 500, high: ratePpb + 500 };
          let lastUtcUs = -Infinity;
          for (const [index, [middle, half]] of [
            ...told,
            ...told.map(() => [7, 1] as const),
          ].entries()) {
            const atUs = index * 1e6;
            const theta = around(1e9 + middle, half, half);
            servo.lead({ atUs, theta, slackUs: 0, rates, ratePpb }, UNKNOWN_QUALITY);
            const { line } = servo;
            assert.ok(line);
            assert.ok(Math.abs(line.ratePpb - ratePpb) <= SLEW_PPB_MAX + 1);
            const utcUs = utcUsOn(line, atUs);
            assert.ok(utcUs > lastUtcUs);
            lastUtcUs = utcUs;
            const boundUs = line.boundUs + ((atUs - line.atMonotonicUs) * line.growthPpb) / 1e9;
            assert.ok(utcUs - boundUs <= atUs + theta.low + 1e-3);
            assert.ok(utcUs + boundUs >= atUs + theta.high - 1e-3);
          }
        },
      ),
    );
  });

  it("is put forward when far behind, and never back", () => {
    const servo = new ServoRule();
    const known = { slackUs: 0, rates: { low: 0, high: 0 }, ratePpb: 0 };
    servo.lead({ ...known, atUs: 0, theta: around(1e9, 1, 1) }, UNKNOWN_QUALITY);
    const ahead = servo.lead({ ...known, atUs: 1e6, theta: around(2e9, 1, 1) }, UNKNOWN_QUALITY);
    assert.equal(ahead?.utcUs, 2e9 + 1e6);
    const behind = servo.lead({ ...known, atUs: 2e6, theta: around(1e9, 1, 1) }, UNKNOWN_QUALITY);
    assert.ok(behind && behind.utcUs > 2e9 && behind.ratePpb === -SLEW_PPB_MAX);
    assert.ok(behind.boundUs >= 1e9);
  });
});

describe("leap rule", () => {
  const dayUs = 86_400_000_000;
  it("says once that the end of an announced day may be over, at the earliest moment at which it may be", () => {
    const rule = new LeapRule();
    const at = (utcUs: number, announced: -1 | 0 | 1 = 1): number =>
      rule.crossed({ utcUs: 100 * dayUs + utcUs, halfUs: 10 }, announced);
    assert.equal(at(-5e6), 0);
    assert.equal(at(-11), 0);
    assert.equal(at(-9), 1);
    assert.equal(at(1e6), 0);
    assert.equal(at(dayUs / 2 + 2e6, 0), 0);
    assert.equal(at(dayUs + 5, 0), 0);
  });
  it("an announcement that is taken back leads to nothing; a second left out ends the day earlier", () => {
    const rule = new LeapRule();
    assert.equal(rule.crossed({ utcUs: dayUs - 50e6, halfUs: 1 }, 1), 0);
    assert.equal(rule.crossed({ utcUs: dayUs - 40e6, halfUs: 1 }, 0), 0);
    assert.equal(rule.crossed({ utcUs: dayUs + 1, halfUs: 1 }, -1), 0);
    assert.equal(rule.crossed({ utcUs: 2 * dayUs - 1.5e6, halfUs: 1 }, -1), 0);
    assert.equal(rule.crossed({ utcUs: 2 * dayUs - 0.5e6, halfUs: 1 }, -1), -1);
  });
});
