import { contract } from "../../agent/component/contract.ts";
import { component } from "../../agent/component/define.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import { integerOption, textOption } from "../../agent/component/options.ts";
import { clt, srv, sub, tim } from "../../agent/component/ports.ts";
import { Reading, Sink, SinkRequest } from "../../devices/drivers/meter/messages.ts";
import { readCommunity } from "./community-file.ts";
import { marketAbi } from "./contracts/generated/market-artefact.ts";
import { GAS } from "./gas-limits.ts";
import { hexOf, meterId } from "./hex.ts";
import { firstOfPlan, firstOpen, type MarketTime, nextPlan, planUtcUs } from "./market-time.ts";
import { Enrollment, EnrollRequest } from "./messages.ts";
import { encodeOffers } from "./rules/offer-codec.ts";
import { forecastOf, plannedOffers, type TraderOptions, windowOf } from "./trader-plan.ts";

const ENROLL_TIMEOUT_MS = 30_000;
const RETRY_US = 60_000_000;
/** Offers that surely fit one transaction of 2^24 gas. */
const OFFERS_PER_CALL_MAX = 100;
const NOWHERE: Hex = `0x${"0".repeat(40)}`;
/** What the household keeps in the market, of what the operator gave it. */
const DEPOSIT_WEI = 50n * 10n ** 18n;

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
  options: (parameters: Readonly<Record<string, unknown>>): TraderOptions => ({
    meter: textOption(parameters, "meter"),
    community: textOption(parameters, "community"),
    askUnits: integerOption(parameters, "askUnits"),
    bidUnits: integerOption(parameters, "bidUnits"),
    forecastErrorPercent: integerOption(parameters, "forecastErrorPercent"),
    seed: integerOption(parameters, "seed"),
    batteryWh: integerOption(parameters, "batteryWh"),
    batteryW: integerOption(parameters, "batteryW"),
    intervals: integerOption(parameters, "intervals", 1),
  }),
  setup({ port, contract: { market }, account, assets, clock, log }, options) {
    let time: MarketTime | undefined;
    let address: Hex = NOWHERE;
    let nextPlanNumber = 1;
    let forecast: readonly number[] | undefined;

    /** Registers at the operator and in the contract; every step may have been done before. */
    async function enroll(): Promise<MarketTime | undefined> {
      const request = { meter: options.meter, owner: account.address };
      const answer = await port.enroll(request, ENROLL_TIMEOUT_MS);
      if (answer.kind === "no-reply" || answer.reply.state === "unknown-meter") {
        const reason = answer.kind === "no-reply" ? answer.reason : answer.reply.state;
        log("warn", "enrollment-failed", { meter: options.meter, reason });
        return undefined;
      }
      const { certificate } = answer.reply;
      address = answer.reply.market;
      market.bind(address);
      await market.submit("registerProsumer", [meterId(options.meter), certificate], {
        key: "register",
        gasLimit: GAS.registerProsumer,
      });
      await market.submit("deposit", [], {
        key: "deposit",
        valueWei: DEPOSIT_WEI,
        gasLimit: GAS.deposit,
      });
      const number = await market.read("accountOf", [account.address]);
      nextPlanNumber = (await market.read("lastPlan", [number])) + 1;
      return answer.reply;
    }

    async function ownData(): Promise<readonly number[]> {
      const { netWh } = await readCommunity(assets, options.community);
      return netWh.get(Number(options.meter)) ?? [];
    }

    async function start(): Promise<void> {
      time = await enroll();
      if (time === undefined) port.plan.fireAtUtc(clock.utcUs() + RETRY_US);
      else planNext(time);
    }

    function planNext(open: MarketTime): void {
      nextPlanNumber = nextPlan(open, clock.utcUs(), nextPlanNumber);
      if (firstOfPlan(nextPlanNumber) < options.intervals)
        port.plan.fireAtUtc(planUtcUs(open, nextPlanNumber));
    }

    async function post(open: MarketTime): Promise<void> {
      forecast ??= forecastOf(options, await ownData());
      const window = windowOf(options, nextPlanNumber, firstOpen(open, clock.utcUs()));
      const { plan } = window;
      const offers = plannedOffers(options, forecast, window, open.intervalS);
      for (let from = 0; from < offers.length; from += OFFERS_PER_CALL_MAX) {
        const some = offers.slice(from, from + OFFERS_PER_CALL_MAX);
        // Plans only grow: the parts of a long one are numbered towards it.
        const part = plan - Math.ceil((offers.length - from) / OFFERS_PER_CALL_MAX) + 1;
        const outcome = await market.submit("postOffers", [part, hexOf(encodeOffers(some))], {
          key: `plan ${part}`,
          gasLimit: GAS.postOffers(some.length),
        });
        if (outcome.kind === "refused")
          log("warn", "plan-refused", { meter: options.meter, plan, error: outcome.errorName });
      }
      nextPlanNumber = plan + 1;
    }

    return {
      handleActivate: start,

      async on_plan() {
        if (time === undefined) return start();
        await post(time);
        planNext(time);
      },

      on_sink: () => ({
        state: time === undefined ? "closed" : "open",
        contract: address,
        startS: time?.startS ?? 0,
      }),

      on_reading({ meter, netWh }) {
        log("debug", "metered", { meter, netWh });
      },
    };
  },
});
