import type { Channel } from "../../agent/core/spawner.ts";
import { PROGRAMS } from "../../agent/main.ts";
import { type BenchWorldOptions, benchWorld } from "../bench/bench-world.ts";
import { nowUs } from "../bench/figures.ts";

// One board's agent as a program of its own, for tests across network namespaces. Argument: JSON with
// `world` (BenchWorldOptions) and `node` (NodeOptions). Writes what the agent tells, a line of JSON each.

const { world, node } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly world: BenchWorldOptions;
  readonly node: { readonly board: string };
};
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
// Whoever started us holds the other end: no board outlives its test.
process.stdin.resume().on("end", () => stop.abort());
const channel: Channel = {
  send: (message) =>
    void process.stdout.write(`${JSON.stringify({ ...(message as object), atUs: nowUs() })}\n`),
  receive: () => undefined,
};
await PROGRAMS["node"]?.(benchWorld(node.board, world), node, channel, stop.signal);
process.exit();
