import { contract } from "../../agent/component/contract.ts";
import { component } from "../../agent/component/define.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import { integerOption, textOption } from "../../agent/component/options.ts";
import { pub, srv, tim } from "../../agent/component/ports.ts";
import { readCommunity } from "./community-file.ts";
import { marketAbi, marketBytecode } from "./contracts/generated/market-artefact.ts";
import { finalizeNext } from "./finalize.ts";
import { bytesOf, hexOf, meterId } from "./hex.ts";
import { MarketMirror } from "./market-mirror.ts";
import { finalizableUtcUs } from "./market-time.ts";
import { Cleared, Enrollment, EnrollRequest, MarketRequest, MarketTerms } from "./messages.ts";
import { type OperatorOptions, registerMeters, setLimits } from "./operator-setup.ts";

/** Coins that a new prosumer gets from the operator, for gas and to trade with. */
const WELCOME_WEI = 100n * 10n ** 18n;
/** Coins that a solver gets for gas. */
const SOLVER_WEI = 10n * 10n ** 18n;
const SOLVERS_PAID_MAX = 16;
const RETRY_US = 5_000_000;
const NOWHERE: Hex = `0x${"0".repeat(40)}`;
const NO_CERTIFICATE: Hex = `0x${"0".repeat(130)}`;

/**
 * The distribution system operator: makes the market, sets limits, certifies prosumers, finalizes.
 *
 * Every step that changes the ledger has a key, so that an operator that is started again goes on
 * where it stopped. Anybody else may finalize too: the market does not need the operator for that.
 * Source: TRANSAX, protocol steps 1, 2 and 9.
 */
export const operator = component({
  name: "Operator",
  ports: {
    enroll: srv(EnrollRequest, Enrollment),
    terms: srv(MarketRequest, MarketTerms),
    cleared: pub(Cleared),
    settle: tim(),
  },
  contracts: { market: contract("Market", marketAbi) },
  options: (parameters: Readonly<Record<string, unknown>>): OperatorOptions => ({
    startS: integerOption(parameters, "startS"),
    intervalS: integerOption(parameters, "intervalS", 1),
    clearIntervals: integerOption(parameters, "clearIntervals", 1),
    horizonIntervals: integerOption(parameters, "horizonIntervals"),
    externalLimitWh: integerOption(parameters, "externalLimitWh"),
    internalLimitWh: integerOption(parameters, "internalLimitWh"),
    community: textOption(parameters, "community"),
  }),
  setup({ port, contract: { market }, account, assets, clock, log }, options) {
    const { startS, intervalS, clearIntervals, horizonIntervals } = options;
    const terms = { startS, intervalS, clearIntervals, horizonIntervals };
    const mirror = new MarketMirror();
    const customers = new Set<string>();
    const solvers = new Set<Hex>();
    let address = NOWHERE;

    const settleWhenDue = (): void => {
      port.settle.fireAtUtc(finalizableUtcUs(options, mirror.nextFinal));
    };

    return {
      async handleActivate() {
        const { members } = await readCommunity(assets, options.community);
        address = await market.deploy("market", marketBytecode, [terms]);
        await setLimits(market, members, options);
        await registerMeters(market, members, options);
        for (const { prosumer } of members) customers.add(String(prosumer));
        settleWhenDue();
      },

      async on_enroll({ meter, owner }) {
        if (!customers.has(meter))
          return { ...terms, state: "unknown-meter", market: address, certificate: NO_CERTIFICATE };
        await account.transfer(owner, WELCOME_WEI, `welcome ${meter}`);
        const digest = await market.read("certificateDigest", [meterId(meter), owner]);
        const certificate = hexOf(await account.signDigest(bytesOf(digest)));
        return { ...terms, state: "certified", market: address, certificate };
      },

      async on_terms({ solver }) {
        // Solvers work for all, so the operator pays their gas; but not for however many ask.
        if (solvers.size < SOLVERS_PAID_MAX) solvers.add(solver);
        if (solvers.has(solver)) await account.transfer(solver, SOLVER_WEI, `solver ${solver}`);
        return { ...terms, market: address };
      },

      async on_settle() {
        const outcome = await finalizeNext(market, mirror);
        // The event of the next interval, or of one of the past, sets the next time.
        if (outcome === "behind" || outcome.kind === "accepted") return;
        log("info", "finalize-refused", { error: outcome.errorName, interval: mirror.nextFinal });
        port.settle.fireAtUtc(clock.utcUs() + RETRY_US);
      },

      events: {
        market: {
          SolutionPosted: (solution) => mirror.solutionPosted(solution),
          CandidateDropped: () => mirror.candidateDropped(),
          Finalized(final) {
            mirror.finalized(final);
            settleWhenDue();
            const { interval, tradedWh, paidUnits } = final;
            port.cleared({ interval, tradedWh: Number(tradedWh), paidUnits });
          },
        },
      },
    };
  },
});
