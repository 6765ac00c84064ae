import { measurePair, type Place } from "../testbed/pair.ts";
import { type Figure, figure, median } from "./figures.ts";

const LOOPBACK = { namespace: undefined, host: "127.0.0.1", broadcastHost: "127.255.255.255" };

/** Time for two agents on loopback to know each other and connect a pub/sub pair; medians. */
export async function benchDiscovery(folder: string, roundCount: number): Promise<Figure[]> {
  const a: Place = { board: "a", ...LOOPBACK };
  const b: Place = { board: "b", ...LOOPBACK };
  const orders = [
    ["publisher's board first", [a, b]],
    ["subscriber's board first", [b, a]],
  ] as const;
  const figures: Figure[] = [];
  let udpPort = 15_680;
  for (const [name, places] of orders) {
    const joined: number[] = [];
    const paired: number[] = [];
    for (let round = 0; round < roundCount; round += 1) {
      process.stderr.write(`discovery: ${name}, round ${round + 1} of ${roundCount}\n`);
      udpPort += 1;
      const times = await measurePair(places, folder, udpPort);
      joined.push(times.joinedMs);
      paired.push(times.pairedMs);
    }
    figures.push(figure("discovery", `agents know each other, ${name}`, median(joined), "ms"));
    figures.push({
      ...figure("discovery", `first message, ${name}`, median(paired), "ms"),
      riaps: "10–998, median 790",
    });
  }
  return figures;
}
