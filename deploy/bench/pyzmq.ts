import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { PYTHON } from "../interop/peer.ts";
import { type PhaseReport, SETTLING_COUNT, WARM_UP_COUNT, WARM_UP_ECHO_COUNT } from "./figures.ts";
import type { RawOptions } from "./raw.ts";

const SCRIPT = new URL("../../../deploy/bench/pyzmq_peer.py", import.meta.url).pathname;

/** A pair of Python processes in the shape of RIAPS, the same phases as the others. */
export async function pyzmqRound(options: RawOptions): Promise<Map<string, PhaseReport>> {
  const phases = new Map<string, PhaseReport>();
  const source = start("source", options);
  const children = [source];
  try {
    const [first] = (await once(createInterface(source.stdout), "line")) as [string];
    const { endpoints } = JSON.parse(first) as Pick<RawOptions, "endpoints">;
    const counts = {
      ...{ warmUpCount: WARM_UP_COUNT, settlingCount: SETTLING_COUNT },
      warmUpEchoCount: WARM_UP_ECHO_COUNT,
    };
    const sink = start("sink", { ...options, ...counts, endpoints });
    children.push(sink);
    for await (const line of createInterface(sink.stdout)) {
      const report = JSON.parse(line) as PhaseReport;
      phases.set(report.phase, report);
      if (report.phase === "over") break;
    }
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  if (!phases.has("over")) throw new Error("the Python sink ended before its time");
  return phases;
}

function start(
  role: "source" | "sink",
  options: object,
): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
  return spawn(PYTHON, [SCRIPT, role, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
