// The door for application code, `import { … } from "hedgerow"`: all that a component may use, and
// nothing that an application could not ship with. Rooms inside the house import where a thing is defined.

export type {
  Arrival,
  Caller,
  CallOutcome,
  NoReplyReason,
  TimerControl,
} from "./component/calls.ts";
export type { Account, ContractPort, ContractType, EventPlace } from "./component/contract.ts";
export { contract } from "./component/contract.ts";
export type {
  AnyDefinition,
  Application,
  Context,
  Contracts,
  Definition,
  EventHandlers,
  Handlers,
} from "./component/define.ts";
export { component } from "./component/define.ts";
export type {
  GroupHandlers,
  GroupMember,
  Groups,
  JoinOptions,
  Leadership,
  Poll,
  VoteOutcome,
} from "./component/group.ts";
export type { SecondTick } from "./component/inside-tick.ts";
export { insTick } from "./component/inside-tick.ts";
export type { Hex, ReadOutcome, SubmitOutcome } from "./component/ledger-service.ts";
export type { DeadlineMiss, Fault, LifeHandlers, LimitNotice, Loss } from "./component/life.ts";
export { integerOption, numberOption, textOption } from "./component/options.ts";
export { parameterReader } from "./component/parameter-reader.ts";
export type {
  Ans,
  Clt,
  Ins,
  Port,
  Ports,
  Pub,
  Qry,
  Rep,
  Req,
  Srv,
  Sub,
  Tim,
} from "./component/ports.ts";
export { ans, clt, ins, pub, qry, rep, req, srv, sub, tim } from "./component/ports.ts";
export type { InnerThread, ThreadContext, Threads } from "./component/thread.ts";
export { AgentError } from "./core/errors.ts";
export type { Facts, LogLevel } from "./core/log.ts";
export type { Random } from "./core/random.ts";
export type { Field, Infer } from "./message/field.ts";
export {
  bytes,
  hex,
  integer,
  list,
  oneOf,
  real,
  record,
  signed64,
  text,
  truth,
  unsigned64,
} from "./message/field.ts";
export type { MessageOf, MessageType } from "./message/message-type.ts";
export { message } from "./message/message-type.ts";
