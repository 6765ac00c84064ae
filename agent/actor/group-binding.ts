import type { AnyDefinition } from "../component/define.ts";
import type {
  ActionRefusal,
  ActionReport,
  GroupMember,
  Groups,
  JoinOptions,
  Poll,
} from "../component/group.ts";
import { DEFAULT_POLICY } from "../component/input-queue.ts";
import type { Lane } from "../component/lane.ts";
import type { Scheduler } from "../component/scheduler.ts";
import { AgentError } from "../core/errors.ts";
import type { World } from "../core/world.ts";
import type { Group } from "../group/group.ts";
import type { GroupListener } from "../group/group-listener.ts";
import type { PollRecord } from "../group/group-types.ts";
import type { MessageType } from "../message/message-type.ts";
import type { ActorInstance, GroupInstanceType } from "../model/instances.ts";
import type { HandlerTable } from "./handler-table.ts";
import type { OpenedPort } from "./opened-port.ts";
import { countersOf } from "./port-counters.ts";
import type { ToAgent } from "./protocol.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the host knows message types only at run time
type AnyMessage = MessageType<any>;
type AnyMember = GroupMember<unknown>;

/** What the groups of a component need of its host. */
export interface GroupHost {
  readonly world: World;
  readonly actor: ActorInstance;
  /** The component's name in its actor. */
  readonly component: string;
  readonly definition: AnyDefinition;
  readonly scheduler: Pick<Scheduler, "lane" | "event">;
  /** Asked for when something has come: by then setup has returned the handlers. */
  readonly handlers: () => HandlerTable;
  readonly tell: (message: ToAgent) => void;
  /** Takes a joined group as one of the component's ports, and closes it with them. */
  readonly opened: (name: string, port: OpenedPort) => void;
}

/** The groups that a component may join: by their types' names, each with its `join`. */
export function bindGroups(
  host: GroupHost,
): Record<string, { join(instance: string, options: JoinOptions): Promise<AnyMember> }> {
  const types = Object.entries((host.definition.groups ?? {}) as Groups);
  let joinCount = 0;
  return Object.fromEntries(
    types.map(([type, message]) => [
      type,
      {
        join: (instance: string, options: JoinOptions) => {
          joinCount += 1;
          return join(host, { type, instance, message, port: `group-${joinCount}` }, options);
        },
      },
    ]),
  );
}

interface Joining {
  readonly type: string;
  readonly instance: string;
  readonly message: AnyMessage;
  readonly port: string;
}

const INSTANCE_LENGTH_MAX = 200;

async function join(host: GroupHost, joining: Joining, options: JoinOptions): Promise<AnyMember> {
  const { world, actor, component, tell, opened } = host;
  const { type, instance, message, port } = joining;
  const model = actor.groups.find(({ name }) => name === type);
  if (model?.message !== message.name)
    throw new AgentError("GROUP_UNKNOWN", { group: type, message: message.name });
  if (instance === "" || instance.length > INSTANCE_LENGTH_MAX)
    throw new AgentError("GROUP_OPTION_INVALID", { option: "instance", value: instance });
  if ((options.size === undefined) !== (model.kind === "plain"))
    throw new AgentError("GROUP_OPTION_INVALID", { option: "size", group: type, kind: model.kind });
  const key = groupKey(actor, model, joining);
  // Loaded by those who join a group, and by nobody else.
  const { Group } = await import("../group/group.ts");
  const self = `${actor.board}/${actor.instanceName}/${component}`;
  const { log, ...rest } = options;
  // Messages are bounded, as at any port; what the group decides is never dropped.
  const lane = host.scheduler.lane({
    ...{ port, index: Number.MAX_SAFE_INTEGER, handler: "handleGroupMessage" },
    ...{ policy: DEFAULT_POLICY, withinMs: null },
    run: ({ handler, message: decoded, detail, arrival: { receivedUtcUs } }) => {
      const { from, sentUtcUs } = detail as Sender;
      const arrival = { sentUtcUs, receivedUtcUs, deadlineUtcUs: undefined };
      return host.handlers().callWith(handler, [member, decoded, from, arrival]);
    },
  });
  const listener = listenerOf(host, message, () => member, lane);
  const group = await Group.open({
    world,
    options: {
      ...{ ...rest, group: key, self, times: model.times, isTimed: model.timed },
      keepsCommands: log === true,
    },
    listener,
    givesSnapshots: () => host.handlers().has("snapshotLog"),
  });
  const leave = async (): Promise<void> => {
    tell({ kind: "release", port: `${component}/${port}`, key });
    tell({ kind: "withdraw", key, endpoint: group.endpoint });
    await group[Symbol.asyncDispose]();
  };
  const member = memberOf(group, { type, instance, self, message, leave });
  opened(port, {
    follow: (endpoints) => group.follow(endpoints),
    key,
    links: () => group.links(),
    close: group,
    counters: () => countersOf(lane, {}),
  });
  tell({ kind: "provide", key, endpoint: group.endpoint });
  tell({ kind: "require", port: `${component}/${port}`, key });
  group.start();
  return member;
}

/** Members meet under equal keys: application, type, shape of its message, instance, and its scope. */
function groupKey(
  { appName, board, instanceName }: ActorInstance,
  { scope }: GroupInstanceType,
  { type, instance, message }: Joining,
): string {
  const reach = { global: "", local: `@${board}`, internal: `@${board}/${instanceName}` };
  return `${appName}/group/${type}:${message.fingerprint}/${instance}${reach[scope]}`;
}

function memberOf(
  group: Group,
  place: Omit<Joining, "port"> & Pick<AnyMember, "self" | "leave">,
): AnyMember {
  const { type, instance, self, message, leave } = place;
  return {
    ...{ type, instance, self, leave },
    get members() {
      return group.members;
    },
    get leadership() {
      return group.leadership;
    },
    get isLeader() {
      return group.isLeader;
    },
    send: (value) => group.send(message.encode(value)),
    sendTo: (member, value) => group.sendTo(member, message.encode(value)),
    sendToLeader: (value) => group.sendToLeader(message.encode(value)),
    requestVote: (topic, rule, timeoutMs) =>
      group.requestVote(message.encode(topic), rule, timeoutMs),
    requestActionVote(topic, at, rule, timeoutMs) {
      const action = typeof at === "number" ? { atUtcUs: at } : at;
      return group.requestVote(message.encode(topic), rule, timeoutMs, action);
    },
    propose: (command, timeoutMs) => group.propose(message.encode(command), timeoutMs),
  };
}

const DATA_HANDLERS = {
  all: "handleGroupMessage",
  one: "handleGroupMessage",
  toLeader: "handleMessageToLeader",
  fromLeader: "handleMessageFromLeader",
} as const;

/** Who sent a message to the group, and when. */
interface Sender {
  readonly from: string;
  readonly sentUtcUs: number | undefined;
}

/** Hands over what a group tells, as handlers of the component; its decisions in their order. */
function listenerOf(
  { scheduler, handlers }: GroupHost,
  message: AnyMessage,
  member: () => AnyMember,
  lane: Lane,
): GroupListener {
  const taken = async (name: string, task: () => unknown): Promise<void> => {
    const end = await scheduler.event(name, task);
    // The actor is ending: what was not taken in is for its next incarnation.
    if (end === "never") await new Promise(() => undefined);
  };
  const ask = (name: string, ...args: unknown[]): Promise<void> =>
    taken(name, () => handlers().callWith(name, [member(), ...args]));
  const tell = (name: string, ...args: unknown[]): void => {
    if (handlers().has(name)) void ask(name, ...args);
  };
  const pollOf = ({ pollId, rule, topic, atUtcUs, closesUtcUs }: PollRecord): Poll<never> => {
    const decoded = message.decode(topic) as never;
    return { pollId, rule, topic: decoded, atUtcUs, closesUtcUs };
  };
  return {
    message({ role, payload, from, sentUtcUs }) {
      const decoded: unknown = message.decode(payload);
      if (decoded === undefined) return false;
      const name = DATA_HANDLERS[role];
      const handler = handlers().has(name) ? name : "handleGroupMessage";
      lane.push(decoded, undefined, { from, sentUtcUs } satisfies Sender, handler);
      return true;
    },
    joined: (name) => tell("handleMemberJoined", name),
    left: (name) => tell("handleMemberLeft", name),
    elected: (leadership) => tell("handleLeaderElected", leadership),
    exited: (leadership) => tell("handleLeaderExited", leadership),
    asked(poll, answer) {
      const name = poll.atUtcUs === undefined ? "handleVoteRequest" : "handleActionVoteRequest";
      void scheduler.event(name, async () => {
        answer((await handlers().call(name, member(), pollOf(poll))) === true);
      });
    },
    verdict: (poll, isAccepted) => ask("handleVoteResult", pollOf(poll), isAccepted),
    action: (poll, meet) =>
      taken("handleGroupAction", () => {
        const { end, utcUs, boundUs } = meet();
        const lateUs = Math.max(0, utcUs - (poll.atUtcUs ?? utcUs));
        if (end === "acted" || end === "late")
          return handlers().callWith("handleGroupAction", [member(), pollOf(poll), lateUs]);
        const why = end === "declined-late" ? "late" : "clock";
        const refusal: ActionRefusal = { why, lateUs, boundUs };
        return handlers().callWith("handleActionDeclined", [member(), pollOf(poll), refusal]);
      }),
    report(report) {
      tell("handleActionReport", report satisfies ActionReport);
    },
    command(index, command) {
      const decoded: unknown = message.decode(command);
      if (decoded !== undefined) tell("handleCommand", decoded, index);
    },
    restored(index, state) {
      tell("restoreLog", state, index);
    },
    async snapshot() {
      let state: unknown;
      await scheduler.event("snapshotLog", async () => {
        state = await handlers().call("snapshotLog", member());
      });
      return state;
    },
  };
}
