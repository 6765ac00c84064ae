// Goal: what was found wrong in the platform that this one follows is known here, and has a test that shows
// that it does not happen.
// Method: a table from each finding to a test's file and title; the title stands in the file, and the file runs.
// Source: own study of RIAPS 2.0 (2026), by running it or by reading its code. No seed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

interface Defect {
  /** What goes wrong there. */
  readonly finding: string;
  /** Of the test that shows that it does not here. */
  readonly file: string;
  /** Its title as it stands in the file. */
  readonly title: string;
}

const DEFECTS: readonly Defect[] = [
  {
    finding: "two ports ready at once, served by priority, leave the component waiting for ever",
    file: "agent/component/scheduler-rule.test.ts",
    title:
      "priority: two that wait at one moment leave nothing behind that a later one would wait for",
  },
  {
    finding: "a group with time stamps delivers nothing, and its sender stops",
    file: "agent/group/group.contract.ts",
    title:
      "carries messages to all, to one, to the leader and from it, with the instant of their sending",
  },
  {
    finding: "a limit of memory or disk without a unit is silently no limit",
    file: "agent/node/limits.test.ts",
    title: "a size without a unit is an error of the model, and never an actor without a limit",
  },
  {
    finding: "the default thread of an inside port never ticks",
    file: "agent/actor/inside-port.test.ts",
    title: "a port without threads ticks on whole seconds when the model says default",
  },
  {
    finding: "the queue bounds of an inside port's two directions are exchanged",
    file: "agent/actor/inside-port.test.ts",
    title: "what comes up and what goes down are bounded apart",
  },
  {
    finding: "the default time of a vote is given in milliseconds and taken as seconds",
    file: "agent/group/group.test.ts",
    title: "a vote without its majority expires after its time in ms, on every member alike",
  },
  {
    finding: "a member that becomes leader once more fails on a wrong name",
    file: "agent/group/group.test.ts",
    title: "whoever led before can lead again, in a later term, and is obeyed as before",
  },
  {
    finding: "taking back one provider takes back all of the same service",
    file: "agent/node/registrations.test.ts",
    title: "what an actor withdraws or releases is gone at once, and nothing else",
  },
  {
    finding: "mistakes on the error paths of discovery start it again as a whole",
    file: "agent/discovery/discovery.test.ts",
    title: "noise on the beacons' port and on the board's socket harms nobody",
  },
  {
    finding: "the hard limit of memory is not enforced",
    file: "agent/resource/limits.contract.ts",
    title:
      "a program that grows beyond its memory is warned, told, and ended: also where no kernel holds it",
  },
  {
    finding: "only control groups of version 1 are known",
    file: "agent/io/system-resources.test.ts",
    title: "a delegated unit: the agent moves into a leaf, the actor into a group with its limits",
  },
  {
    finding: "nobody is told of a provider that goes",
    file: "agent/discovery/discovery.test.ts",
    title:
      "a change on one board is known everywhere within 50 ms, also when something is withdrawn",
  },
  {
    finding: "a deadline is looked at only when its handler has ended",
    file: "agent/component/handler-watch.test.ts",
    title: "count from arrival, and are told while the handler runs or waits",
  },
  {
    finding: "an actor is started again without limit and without pause",
    file: "agent/node/rules.test.ts",
    title: "restarts at most restartsMax times within any period, and gives up exactly beyond",
  },
];

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Whether the file is run: it is a test, or a contract that a test of its room imports. */
function isRun(file: string): boolean {
  if (file.endsWith(".test.ts")) return true;
  const room = dirname(file);
  const name = `"./${file.slice(room.length + 1)}"`;
  return readdirSync(join(ROOT, room))
    .filter((each) => each.endsWith(".test.ts"))
    .some((each) => read(join(room, each)).includes(`from ${name}`));
}

describe("defects of the platform before", () => {
  for (const { finding, file, title } of DEFECTS)
    it(`has a test against this: ${finding}`, () => {
      assert(existsSync(join(ROOT, file)), `there is no ${file}`);
      assert(isRun(file), `no test runs ${file}`);
      const titles = [...read(file).matchAll(/\bit\(\s*(["`])(.*?)\1/g)].map(([, , text]) => text);
      assert(titles.includes(title), `${file} has no test: ${title}`);
    });
});
