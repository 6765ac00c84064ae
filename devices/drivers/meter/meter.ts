import { contract } from "../../../agent/component/contract.ts";
import { type AnyDefinition, component } from "../../../agent/component/define.ts";
import { integerOption, textOption } from "../../../agent/component/options.ts";
import { clt, pub, tim } from "../../../agent/component/ports.ts";
import type { Assets } from "../../../agent/core/assets.ts";
import type { EnergyRegister } from "../../bus/energy-register.ts";
import { Reading, Sink, SinkRequest } from "./messages.ts";
import { ReadingSubmitter } from "./reading-submitter.ts";
import { readingsAbi } from "./readings-abi.ts";

/** What a deployment says of a meter. */
export interface MeterOptions {
  /** Its name at the operator. */
  readonly meter: string;
  /** Where its registers are: what this means is for OpenRegister to say. */
  readonly source: string;
  /** Begin of a recording that is played, in seconds since 1970; real registers need none. */
  readonly startS: number;
  /** Length of the metering interval; the model's timer has the same period. */
  readonly intervalS: number;
  /** Readings go to the ledger every so many intervals. */
  readonly batch: number;
}

/** Opens the registers of a meter. */
export type OpenRegister = (options: MeterOptions, assets: Assets) => Promise<EnergyRegister>;

const SINK_TIMEOUT_MS = 10_000;
const US_PER_S = 1_000_000;

/**
 * A smart meter: tells its board the net energy of every interval, and the ledger every `batch`.
 *
 * Invariant: the ledger's readings have no gap and no repetition. What was submitted is asked of the
 * contract, and what was not is read from the meter's load profile, so that a crash loses nothing.
 */
export function meter(openRegister: OpenRegister): AnyDefinition {
  return component({
    name: "Meter",
    ports: { reading: pub(Reading), sink: clt(SinkRequest, Sink), sample: tim() },
    contracts: { ledger: contract("Readings", readingsAbi) },
    options: (parameters: Readonly<Record<string, unknown>>): MeterOptions => ({
      meter: textOption(parameters, "meter"),
      source: textOption(parameters, "source"),
      startS: integerOption(parameters, "startS"),
      intervalS: integerOption(parameters, "intervalS", 1),
      batch: integerOption(parameters, "batch", 1),
    }),
    setup({ port, contract: { ledger }, account, assets, clock, log }, options) {
      let register: EnergyRegister | undefined;
      let sink: { readonly startS: number } | undefined;
      const opened = async (): Promise<EnergyRegister> =>
        (register ??= await openRegister(options, assets));

      async function netWh(endUtcUs: number): Promise<number> {
        const startUtcUs = endUtcUs - options.intervalS * US_PER_S;
        const energy = await (await opened()).energyBetween(startUtcUs, endUtcUs);
        return energy.exportedWh - energy.importedWh;
      }

      /** Asks where readings go, once; undefined while the market does not know the meter. */
      async function foundSink(): Promise<{ readonly startS: number } | undefined> {
        if (sink !== undefined) return sink;
        const answer = await port.sink({ meter: options.meter }, SINK_TIMEOUT_MS);
        if (answer.kind === "no-reply" || answer.reply.state === "closed") return undefined;
        ledger.bind(answer.reply.contract);
        sink = answer.reply;
        return sink;
      }

      const submitter = new ReadingSubmitter({
        ...{ ledger, account, netWh, intervalS: options.intervalS, batch: options.batch },
        activeUtcUs: clock.utcUs(),
      });

      async function submitDue(nowUtcUs: number): Promise<void> {
        const found = await foundSink();
        if (found === undefined) return;
        const outcome = await submitter.submitDue(found.startS, nowUtcUs);
        if (outcome?.kind === "refused")
          log("warn", "readings-refused", { meter: options.meter, error: outcome.errorName });
      }

      return {
        async on_sample(dueUtcUs) {
          const net = await netWh(dueUtcUs);
          port.reading({ meter: options.meter, endUtcUs: dueUtcUs, netWh: net });
          const interval = dueUtcUs / US_PER_S / options.intervalS;
          if (interval % options.batch === 0) await submitDue(dueUtcUs);
        },
      };
    },
  });
}
