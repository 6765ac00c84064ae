import { type Member } from "../../actors/transax/rules/community.ts";
import { DAY_START_S, type DayOptions } from "./day-options.ts";

/** Folder of the community among the application's files. */
export const COMMUNITY = "data/community-102";

/** Boards that host the operator and the solvers beside their feeder's households. */
const OPERATOR_FEEDER = 11;
const SOLVER_FEEDERS = [7, 3];

/** The board of a feeder. */
export function boardOf(feeder: number): string {
  return `feeder${feeder}`;
}

/** The members who take part: producers first, then consumers, each in the order of the table. */
export function participants(members: readonly Member[], count: number): readonly Member[] {
  const producers = members.filter(({ role }) => role === "producer");
  const consumers = members.filter(({ role }) => role === "consumer");
  const chosen = new Set([...producers, ...consumers].slice(0, count));
  return members.filter((member) => chosen.has(member));
}

/** Asks from 80 and bids from 220 millionths per Wh, different from house to house, always compatible. */
function pricesOf({ prosumer }: Member): { readonly askUnits: number; readonly bidUnits: number } {
  return { askUnits: 80 + ((prosumer * 7) % 60), bidUnits: 220 + ((prosumer * 13) % 80) };
}

/**
 * The deployment of the microgrid: a board a feeder with an actor a household, the operator, two
 * solvers. With all members and no changes it is the text of actors/transax/microgrid.depl.
 */
export function deploymentText(members: readonly Member[], options: DayOptions): string {
  const { externalLimitWh, internalLimitWh, forecastErrorPercent, seed } = options;
  const { firstInterval, lastInterval } = options;
  const common = `community = "${COMMUNITY}", startS = ${DAY_START_S}`;
  const lines = [
    "language hedgerow 1;",
    "",
    "// One board a feeder, one actor a household. Written by deploy/microgrid/deployment-text.ts.",
    "app Transax {",
    `  on (${boardOf(OPERATOR_FEEDER)}) Dso(${common}, externalLimitWh = ${externalLimitWh}, internalLimitWh = ${internalLimitWh}) as dso;`,
    ...SOLVER_FEEDERS.map(
      (feeder, index) =>
        `  on (${boardOf(feeder)}) TradeSolver(delayS = ${300 + 120 * index}) as solver${index + 1};`,
    ),
  ];
  for (const member of participants(members, options.prosumerCount)) {
    const { askUnits, bidUnits } = pricesOf(member);
    const forecast =
      forecastErrorPercent === 0
        ? ""
        : `, forecastErrorPercent = ${forecastErrorPercent}, seed = ${seed}`;
    const battery =
      options.batteryWh === 0 || member.role === "consumer"
        ? ""
        : `, batteryWh = ${options.batteryWh}, batteryW = ${options.batteryW}`;
    const from = firstInterval === 0 ? "" : `, fromInterval = ${firstInterval}`;
    const until = lastInterval === 95 ? "" : `, intervals = ${lastInterval + 1}`;
    lines.push(
      `  on (${boardOf(member.feeder)}) Prosumer(meter = "${member.prosumer}", ${common}, askUnits = ${askUnits}, bidUnits = ${bidUnits}${forecast}${battery}${from}${until}) as prosumer${member.prosumer};`,
    );
  }
  return `${[...lines, "}"].join("\n")}\n`;
}
