import type { Channel } from "../../agent/core/spawner.ts";
import { PROGRAMS } from "../../agent/main.ts";
import { nowUs } from "./events.ts";
import { type BoardPlace, observedWorld } from "./observed.ts";

// One board's agent as a program on a host of a testbed. Argument: JSON with `place` (BoardPlace) and `node`
// (NodeOptions). Writes events, a line of JSON each; ends with its input.

const { place, node } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly place: BoardPlace;
  readonly node: unknown;
};
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.stdin.resume().on("end", () => stop.abort());
const channel: Channel = {
  send: (message) => {
    const { kind } = message as { readonly kind: string };
    process.stdout.write(`${JSON.stringify({ kind, board: place.board, atUs: nowUs() })}\n`);
  },
  receive: () => undefined,
};
await PROGRAMS["node"]?.(observedWorld(place.board, place), node, channel, stop.signal);
process.exit();
