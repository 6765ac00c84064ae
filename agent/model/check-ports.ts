import type { AppModel, ComponentType, Port } from "./app-model.ts";
import type { NameReference } from "./name-reference.ts";
import { didYouMean, type ProblemList } from "./problem-list.ts";

/** The longest queue of a port; what waits is in memory. */
export const QUEUE_LENGTH_MAX = 10_000;

/** Notes what is wrong with the ports of a component: messages, times and queues. */
export function checkPorts(found: ProblemList, app: AppModel, component: ComponentType): void {
  for (const port of component.ports) {
    if ("message" in port) checkMessage(found, app, port.message);
    if ("request" in port) {
      checkMessage(found, app, port.request);
      checkMessage(found, app, port.reply);
    }
    checkTimes(found, port);
    checkQueue(found, port);
  }
  if (component.scheduler === "deadline" && !component.ports.some(hasDeadline))
    found.warning(
      component.position,
      `component ${component.name} serves the earliest deadline first, and no port has one`,
      "give ports a deadline: within 5 msec",
    );
}

/** Notes a message that is not declared. */
export function checkMessage(
  found: ProblemList,
  app: AppModel,
  { name, position }: NameReference,
): void {
  // An incomplete pair has been told of by the parser.
  if (name === "" || app.messages.some((message) => message.name === name)) return;
  const known = app.messages.map((message) => message.name);
  found.error(position, `there is no message ${name}`, didYouMean(name, known));
}

function hasDeadline(port: Port): boolean {
  return "withinMs" in port && port.withinMs !== null;
}

function checkTimes(found: ProblemList, port: Port): void {
  if (port.kind === "timer" && port.periodMs !== null && port.periodMs < 0)
    found.error(
      port.position,
      `timer ${port.name} has a negative period`,
      "give a period of at least 1 msec, or none for a sporadic timer",
    );
  if ("withinMs" in port && port.withinMs !== null && port.withinMs < 0)
    found.error(
      port.position,
      `port ${port.name} has a negative deadline`,
      "give at least 1 msec, or leave `within` out",
    );
}

function checkQueue(found: ProblemList, { kind, name, queue }: Port): void {
  if (queue === null) return;
  const { position, lengthMax, whenFull } = queue;
  if (lengthMax < 1 || lengthMax > QUEUE_LENGTH_MAX)
    found.error(
      position,
      `the queue of port ${name} is ${lengthMax} long`,
      `give 1 to ${QUEUE_LENGTH_MAX}`,
    );
  if (kind === "req")
    found.error(
      position,
      `port ${name} waits for one reply at a time and needs no queue`,
      "leave `queue` out, or make it a qry, which may have several outstanding",
    );
  if (whenFull === "refuse" && (kind === "timer" || kind === "qry"))
    found.error(
      position,
      kind === "timer"
        ? `the ticks of timer ${name} cannot be refused: nobody sends them`
        : `the answers to port ${name} cannot be refused: they were asked for`,
      "write drop oldest or drop newest",
    );
}
