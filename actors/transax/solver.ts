import { contract } from "../../agent/component/contract.ts";
import { component } from "../../agent/component/define.ts";
import { integerOption } from "../../agent/component/options.ts";
import { clt, sub, tim } from "../../agent/component/ports.ts";
import { marketAbi } from "./contracts/generated/market-artefact.ts";
import { finalizeNext } from "./finalize.ts";
import { hexOf } from "./hex.ts";
import { MarketMirror } from "./market-mirror.ts";
import { finalizableUtcUs, type MarketTime } from "./market-time.ts";
import { Cleared, MarketRequest, MarketTerms } from "./messages.ts";
import { openHighs } from "./rules/highs-solver.ts";
import type { LinearSolver } from "./rules/linear-solver.ts";
import { encodeSolution } from "./rules/solution-codec.ts";
import { solveTrading } from "./rules/solver-rule.ts";

/** What a deployment says of a solver. */
export interface SolverOptions {
  /** It looks so long after the begin of each interval, in seconds. */
  readonly delayS: number;
}

interface Terms extends MarketTime {
  readonly horizonIntervals: number;
}

const TERMS_TIMEOUT_MS = 30_000;
const US_PER_S = 1_000_000;
/** An interval that nobody has made final for so long is made final by a solver. */
const OVERDUE_US = 120 * US_PER_S;

/**
 * Solves the market: looks at it once an interval, and posts a solution that trades more than the
 * candidate. Any number of solvers may work beside each other; the contract takes the best.
 *
 * It trusts nobody and nobody needs to trust it. When the operator is silent it finalizes too.
 * Source: TRANSAX, protocol steps 6 to 9.
 */
export const solver = component({
  name: "Solver",
  ports: { terms: clt(MarketRequest, MarketTerms), cleared: sub(Cleared), look: tim() },
  contracts: { market: contract("Market", marketAbi) },
  options: (parameters: Readonly<Record<string, unknown>>): SolverOptions => ({
    delayS: integerOption(parameters, "delayS", 1),
  }),
  setup({ port, contract: { market }, account, clock, log }, { delayS }) {
    const mirror = new MarketMirror();
    let engine: LinearSolver | undefined;
    let terms: Terms | undefined;
    let solvedVersion = -1;

    function lookLater(intervalS: number): void {
      const nowS = clock.utcUs() / US_PER_S;
      const begun = Math.floor((nowS - delayS) / intervalS) + 1;
      port.look.fireAtUtc((begun * intervalS + delayS) * US_PER_S);
    }

    async function solve({ horizonIntervals }: Terms): Promise<void> {
      if (mirror.version === solvedVersion) return;
      solvedVersion = mirror.version;
      engine ??= await openHighs();
      const { openOffers: offers, limits, nextFinal: firstInterval } = mirror;
      const problem = { offers, limits, firstInterval, horizonIntervals };
      const { trades, totalWh } = solveTrading(problem, engine);
      if (totalWh <= mirror.candidateWh) return;
      const { offerList, chunks } = encodeSolution(trades);
      const outcome = await market.submit("postSolution", [hexOf(offerList), hexOf(chunks)]);
      if (outcome.kind === "accepted")
        log("info", "solution-posted", { totalWh, gasUsed: outcome.gasUsed });
      // Another solver was faster: that is how it should be.
      else log("debug", "solution-refused", { totalWh, error: outcome.errorName });
    }

    async function finalizeOverdue(time: Terms): Promise<void> {
      const overdueUtcUs = finalizableUtcUs(time, mirror.nextFinal) + OVERDUE_US;
      if (clock.utcUs() < overdueUtcUs) return;
      const outcome = await finalizeNext(market, mirror);
      if (outcome === "behind") return;
      log("warn", "finalized-for-operator", { interval: mirror.nextFinal, kind: outcome.kind });
    }

    return {
      handleActivate: () => lookLater(1),

      async on_look() {
        if (terms === undefined) {
          const answer = await port.terms({ solver: account.address }, TERMS_TIMEOUT_MS);
          if (answer.kind === "reply") {
            terms = answer.reply;
            market.bind(answer.reply.market);
          }
          // The events of the past come first: there is nothing to solve yet.
          lookLater(terms?.intervalS ?? 60);
          return;
        }
        await solve(terms);
        await finalizeOverdue(terms);
        lookLater(terms.intervalS);
      },

      on_cleared({ interval, tradedWh }) {
        log("debug", "interval-cleared", { interval, tradedWh });
      },

      events: {
        market: {
          FeederSet: (limits) => mirror.feederSet(limits),
          OfferPosted: (offer) => mirror.offerPosted(offer),
          SolutionPosted: (solution) => mirror.solutionPosted(solution),
          CandidateDropped: () => mirror.candidateDropped(),
          Finalized: (final) => mirror.finalized(final),
        },
      },
    };
  },
});
