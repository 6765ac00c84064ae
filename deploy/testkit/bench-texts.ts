import type { AnyDefinition } from "../../agent/component/define.ts";
import type { Ports } from "../../agent/component/ports.ts";
import { AgentError } from "../../agent/core/errors.ts";
import type { Parameters } from "../../agent/model/instances.ts";
import { quoted } from "../../agent/model/literal-rule.ts";
import { PROBE } from "./probe.ts";
import { messageNames, portLines } from "./probe-texts.ts";

const BOARD = "bench";

/** What a component alone is given. */
export interface BenchOptions {
  readonly parameters?: Parameters;
  readonly periodsMs?: Readonly<Record<string, number>>;
}

/** A model and a deployment that put a component and the test's `probePorts` into one actor. */
export function benchTexts(
  definition: AnyDefinition,
  probePorts: Ports,
  { parameters = {}, periodsMs = {} }: BenchOptions,
): { readonly modelText: string; readonly deploymentText: string } {
  const { name } = definition;
  const ports = definition.ports as Ports;
  const groups = Object.entries((definition.groups ?? {}) as Record<string, { name: string }>);
  const messages = [...new Set([...messageNames(ports), ...groups.map(([, type]) => type.name)])];
  const formals = Object.keys(parameters);
  const actuals = formals.map((formal) => `${formal}=${literal(parameters[formal])}`);
  const hasProbe = Object.keys(probePorts).length > 0;
  const internal = messages.length === 0 ? "" : `internal ${messages.join(", ")};`;
  const isDevice = Object.values(ports).some(({ kind }) => kind === "ins");
  const modelText = [
    "language hedgerow 1;",
    "app Bench {",
    ...messages.map((message) => `message ${message};`),
    ...groups.map(([group, type]) => `group ${group} with leader using ${type.name};`),
    `${isDevice ? "device" : "component"} ${name}${list(formals)} {`,
    ...portLines(ports, periodsMs),
    "}",
    ...(hasProbe ? [`component ${PROBE} { ${portLines(probePorts).join(" ")} }`] : []),
    `actor Bench { ${internal} { subject : ${name}${list(actuals)};`,
    `${hasProbe ? `probe : ${PROBE};` : ""} } }`,
    "}",
  ].join("\n");
  return { modelText, deploymentText: `app Bench { on (${BOARD}) Bench; }` };
}

function list(items: readonly string[]): string {
  return items.length === 0 ? "" : `(${items.join(", ")})`;
}

function literal(value: string | number | boolean | undefined): string {
  if (typeof value !== "string") return String(value);
  const text = quoted(value);
  if (text === null) throw new AgentError("MODEL_NOT_PRINTABLE", { value });
  return text;
}
