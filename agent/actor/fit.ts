import type { AnyDefinition } from "../component/define.ts";
import type { Port, Ports } from "../component/ports.ts";
import type { ComponentInstance, PortInstance } from "../model/instances.ts";
import { insideUnfitness } from "./inside-fit.ts";

const KINDS: Readonly<Record<Port["kind"], PortInstance["kind"]>> = {
  pub: "pub",
  sub: "sub",
  clt: "clt",
  srv: "srv",
  req: "req",
  rep: "rep",
  qry: "qry",
  ans: "ans",
  tim: "timer",
  ins: "inside",
};

interface Names {
  readonly name: string;
}

function messagesOf(port: Port): string {
  if ("message" in port) return (port.message as Names).name;
  if (!("request" in port)) return "";
  return `(${(port.request as Names).name}, ${(port.reply as Names).name})`;
}

function messagesOfModel(port: PortInstance): string {
  if ("message" in port) return port.message;
  return "request" in port ? `(${port.request}, ${port.reply})` : "";
}

/** Every difference between a component's code and its model, each in words; empty when they fit. */
export function unfitness(definition: AnyDefinition, model: ComponentInstance): string[] {
  const ports = definition.ports as Ports;
  const inCode = new Map(Object.entries(ports));
  const faults: string[] = [];
  for (const port of model.ports) {
    const code = inCode.get(port.name);
    inCode.delete(port.name);
    const wanted = `${port.kind} ${port.name} : ${messagesOfModel(port)}`;
    if (code === undefined) faults.push(`the model has \`${wanted}\`, the code has no such port`);
    else if (KINDS[code.kind] !== port.kind || messagesOf(code) !== messagesOfModel(port))
      faults.push(
        `the model has \`${wanted}\`, the code has \`${KINDS[code.kind]} ${port.name} : ${messagesOf(code)}\``,
      );
  }
  for (const [name, code] of inCode)
    faults.push(`the code has \`${KINDS[code.kind]} ${name}\`, the model has no such port`);
  return [...faults, ...insideUnfitness(definition, model)];
}
