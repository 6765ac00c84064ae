import type {
  ActorType,
  AppModel,
  ComponentType,
  ComponentUse,
  Formal,
  GroupType,
} from "./app-model.ts";
import { checkActuals } from "./check-actuals.ts";
import { checkLimits } from "./check-limits.ts";
import { checkMessages } from "./check-messages.ts";
import { checkMessage, checkPorts } from "./check-ports.ts";
import type { Problem } from "./problem.ts";
import { didYouMean, noteDuplicates, ProblemList } from "./problem-list.ts";
import { messagesOf, scopeOfMessage } from "./scope-rule.ts";

// The reference's defaults (riaps-pycom, riaps/consts); a group may give some and leave the others.
const GROUP_TIMES = {
  heartbeatMs: 1000,
  electionMinMs: 1500,
  electionMaxMs: 2000,
  peerTimeoutMs: 3000,
  consensusTimeoutMs: 1500,
};

/**
 * What is wrong with an application by itself: names used twice or never declared, parameters that
 * do not fit, fields and queues that do not hold, devices on global messages, limits and times out of
 * their ranges. All problems of one
 * application in one run, in the order of the file.
 */
export function checkApp(app: AppModel): readonly Problem[] {
  const found = new ProblemList(app.fileName);
  checkMessages(found, app);
  noteDuplicates(found, "group", app.groups);
  noteDuplicates(found, "library", app.libraries);
  noteDuplicates(found, "component", app.components);
  noteDuplicates(found, "actor", app.actors);
  for (const group of app.groups) checkGroup(found, app, group);
  for (const component of app.components) checkComponent(found, app, component);
  for (const actor of app.actors) checkActor(found, app, actor);
  return found.sorted();
}

function checkGroup(found: ProblemList, app: AppModel, group: GroupType): void {
  checkMessage(found, app, group.message);
  const times = { ...GROUP_TIMES, ...group.times };
  const { heartbeatMs, electionMinMs, electionMaxMs, peerTimeoutMs, consensusTimeoutMs } = times;
  const isOrdered =
    heartbeatMs > 0 &&
    heartbeatMs < electionMinMs &&
    electionMinMs < electionMaxMs &&
    electionMaxMs < peerTimeoutMs &&
    consensusTimeoutMs > 0 &&
    consensusTimeoutMs < electionMaxMs;
  if (isOrdered) return;
  const values = Object.entries(times).map(([name, ms]) => `${name.slice(0, -2)} ${ms}`);
  found.error(
    group.position,
    `the times of group ${group.name} do not fit each other: ${values.join(", ")}`,
    "0 < heartbeat < electionMin < electionMax < peerTimeout, and 0 < consensusTimeout < electionMax",
  );
}

function checkComponent(found: ProblemList, app: AppModel, component: ComponentType): void {
  noteDuplicates(found, "parameter", component.formals);
  noteDuplicates(found, "port", component.ports);
  if (component.language !== "unspecified")
    found.warning(
      component.position,
      `component ${component.name} is written in ${component.language}`,
      "only components in TypeScript run here: it will not be started",
    );
  checkPorts(found, app, component);
}

function checkActor(found: ProblemList, app: AppModel, actor: ActorType): void {
  noteDuplicates(found, "parameter", actor.formals);
  noteDuplicates(found, "instance", actor.instances);
  noteDuplicates(found, "message", [...actor.locals, ...actor.internals]);
  for (const message of [...actor.locals, ...actor.internals]) checkMessage(found, app, message);
  checkLimits(found, actor);
  for (const use of actor.instances) {
    const component = app.components.find(({ name }) => name === use.component.name);
    if (component === undefined) noteUnknownComponent(found, app, use);
    else {
      checkActuals(found, actor, { use, component });
      checkScopes(found, actor, { use, component });
    }
  }
  for (const formal of actor.formals) checkUsed(found, actor, formal);
}

function noteUnknownComponent(found: ProblemList, app: AppModel, use: ComponentUse): void {
  const { name, position } = use.component;
  const known = app.components.map((component) => component.name);
  found.error(position, `there is no component or device ${name}`, didYouMean(name, known));
}

function checkUsed(found: ProblemList, actor: ActorType, formal: Formal): void {
  const isUsed = actor.instances.some(({ actuals }) =>
    actuals.some(({ value }) => value.type === "formal" && value.name === formal.name),
  );
  if (isUsed) return;
  found.warning(
    formal.position,
    `parameter ${formal.name} of actor ${actor.name} goes to no component`,
    `hand it on in an instance: (parameter=${formal.name})`,
  );
}

function checkScopes(
  found: ProblemList,
  actor: ActorType,
  { use, component }: { use: ComponentUse; component: ComponentType },
): void {
  const told = new Set<string>();
  for (const port of component.ports) {
    if (!("message" in port) && !("request" in port)) continue;
    const names = messagesOf(port).filter((name) => name !== "");
    const scopes = new Set(names.map((name) => scopeOfMessage(actor, name)));
    if (component.isDevice)
      for (const name of names) {
        if (told.has(name) || scopeOfMessage(actor, name) !== "global") continue;
        told.add(name);
        found.error(
          use.component.position,
          `device ${component.name} uses message ${name} in port ${port.name}, which is global in actor ${actor.name}`,
          `a device talks to its own board only: add ${name} to local or internal`,
        );
      }
    else if (scopes.size > 1)
      found.warning(
        use.component.position,
        `the two messages of port ${port.name} of component ${component.name} differ in scope: the port is global`,
        `make ${names.join(" and ")} both local, both internal or both global`,
      );
  }
}
