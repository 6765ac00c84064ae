import { actorProgram } from "../../agent/actor/actor-program.ts";
import type { Program } from "../../agent/core/program.ts";
import { aborted } from "../../agent/core/waiting.ts";
import { PROGRAMS } from "../../agent/main.ts";
import type { OwnPrograms } from "../process/own-programs.ts";
import { benchApplication } from "./application.ts";
import { type BenchWorldOptions, benchWorld } from "./bench-world.ts";

let reportTo: BenchWorldOptions["reportTo"] = "parent";

const actor: Program = (world, options, parent, signal) => {
  const application = benchApplication((facts) => {
    if (reportTo === "stdout") process.stdout.write(`${JSON.stringify(facts)}\n`);
    else parent.send({ message: { kind: "measured", ...facts } });
  });
  return actorProgram(() => Promise.resolve(application))(world, options, parent, signal);
};

const raw = (name: "rawSource" | "rawSink"): Program => {
  return async (...told) => (await import("./raw.ts"))[name](...told);
};

const idle: Program = async (_world, _options, parent, signal) => {
  parent.send("up");
  await aborted(signal);
};

/** The product's programs with the bench's application. */
export function benchPrograms(): OwnPrograms {
  return {
    programs: { ...PROGRAMS, actor, idle, rawSource: raw("rawSource"), rawSink: raw("rawSink") },
    makeWorld: (boot) => {
      const options = boot.world as BenchWorldOptions;
      reportTo = options.reportTo;
      return benchWorld(boot.name, options);
    },
  };
}
