import { contract } from "../../agent/component/contract.ts";
import { component } from "../../agent/component/define.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import { clt, srv, sub, tim } from "../../agent/component/ports.ts";
import { Reading, Sink, SinkRequest } from "../../devices/drivers/meter/messages.ts";
import { readCommunity } from "./community-file.ts";
import { marketAbi } from "./contracts/generated/market-artefact.ts";
import { GAS } from "./gas-limits.ts";
import { hexOf } from "./hex.ts";
import { firstOfPlan, firstOpen, nextPlan, PLAN_INTERVALS, planUtcUs } from "./market-time.ts";
import { Enrollment, EnrollRequest } from "./messages.ts";
import type { NewOffer } from "./rules/market-terms.ts";
import { encodeOffers } from "./rules/offer-codec.ts";
import { enroll, type Membership } from "./trader-enrollment.ts";
import { forecastOf, plannedOffers, readTraderOptions, windowOf } from "./trader-plan.ts";

const RETRY_US = 60_000_000;
/** Offers that surely fit one transaction of 2^24 gas. */
const OFFERS_PER_CALL_MAX = 100;
const NOWHERE: Hex = `0x${"0".repeat(40)}`;

/**
 * Trades for one household, never by hand: forecasts its energy and offers it, an hour at a time, an
 * hour before.
 *
 * Invariant: each plan is posted at most once. The contract keeps the number of the last one, so a
 * trader that is started again goes on with the next. Source: TRANSAX, protocol steps 2 and 5.
 */
export const trader = component({
  name: "Trader",
  ports: {
    reading: sub(Reading),
    sink: srv(SinkRequest, Sink),
    enroll: clt(EnrollRequest, Enrollment),
    plan: tim(),
  },
  contracts: { market: contract("Market", marketAbi) },
  options: readTraderOptions,
  setup({ port, contract: { market }, account, assets, clock, log }, options) {
    const { meter } = options;
    let member: Membership | undefined;
    let next = 1;
    let forecast: readonly number[] | undefined;

    async function join(): Promise<void> {
      const outcome = await enroll({ meter, ask: port.enroll, market, account });
      if (typeof outcome === "string") {
        log("warn", "enrollment-failed", { meter, reason: outcome });
        port.plan.fireAtUtc(clock.utcUs() + RETRY_US);
        return;
      }
      member = outcome;
      next = Math.max(outcome.nextPlan, Math.floor(options.fromInterval / PLAN_INTERVALS) + 1);
      planLater(outcome);
    }

    function planLater(time: Membership): void {
      next = nextPlan(time, clock.utcUs(), next);
      if (firstOfPlan(next) < options.intervals) port.plan.fireAtUtc(planUtcUs(time, next));
    }

    async function ownData(): Promise<readonly number[]> {
      const { netWh } = await readCommunity(assets, options.community);
      return netWh.get(Number(meter)) ?? [];
    }

    async function post(plan: number, offers: readonly NewOffer[]): Promise<void> {
      const outcome = await market.submit("postOffers", [plan, hexOf(encodeOffers(offers))], {
        key: `plan ${plan}`,
        gasLimit: GAS.postOffers(offers.length),
      });
      if (outcome.kind === "refused")
        log("warn", "plan-refused", { meter, plan, error: outcome.errorName });
    }

    return {
      handleActivate: join,

      async on_plan() {
        if (member === undefined) return join();
        forecast ??= forecastOf(options, await ownData());
        const window = windowOf(options, next, firstOpen(member, clock.utcUs()));
        const offers = plannedOffers(options, forecast, window, member.intervalS);
        const calls = Math.ceil(offers.length / OFFERS_PER_CALL_MAX);
        for (let call = 0; call < calls; call += 1) {
          const from = call * OFFERS_PER_CALL_MAX;
          // Plans only grow: the parts of a long one are numbered towards it.
          await post(
            window.plan - calls + 1 + call,
            offers.slice(from, from + OFFERS_PER_CALL_MAX),
          );
        }
        next = window.plan + 1;
        planLater(member);
      },

      on_sink: () => ({
        state: member === undefined ? "closed" : "open",
        contract: member?.market ?? NOWHERE,
        startS: member?.startS ?? 0,
      }),

      on_reading({ netWh }) {
        log("debug", "metered", { meter, netWh });
      },
    };
  },
});
