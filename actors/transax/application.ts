import type { Application } from "../../agent/component/define.ts";
import { meter } from "../../devices/drivers/meter/meter.ts";
import { playedRegister } from "../../devices/sim/played-register.ts";
import { readCommunity } from "./community-file.ts";
import { operator } from "./operator.ts";
import { solver } from "./solver.ts";
import { trader } from "./trader.ts";

/** The components of TRANSAX by their names in the model. Its meters play a community's day. */
export const transax: Application = {
  name: "Transax",
  components: {
    Operator: operator,
    Solver: solver,
    Trader: trader,
    Meter: meter(async ({ meter: name, source, startS, intervalS }, assets) => {
      const { netWh } = await readCommunity(assets, source);
      return playedRegister({
        netWh: netWh.get(Number(name)) ?? [],
        startUtcUs: startS * 1_000_000,
        intervalMs: intervalS * 1_000,
      });
    }),
  },
};
