import type { MessageType } from "../message/message-type.ts";

/** A port that publishes to every subscriber of its message type. */
export interface Pub<M> {
  readonly kind: "pub";
  readonly message: MessageType<M>;
}
/** A port that hears every publisher of its message type. */
export interface Sub<M> {
  readonly kind: "sub";
  readonly message: MessageType<M>;
}
/** A port that asks one server and waits for its reply. */
export interface Clt<Q, R> {
  readonly kind: "clt";
  readonly request: MessageType<Q>;
  readonly reply: MessageType<R>;
}
/** A port that answers clients, one at a time. */
export interface Srv<Q, R> {
  readonly kind: "srv";
  readonly request: MessageType<Q>;
  readonly reply: MessageType<R>;
}
/** A timer; periodic or sporadic as the model says. */
export interface Tim {
  readonly kind: "tim";
}

/** Any port of a component. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only `any` accepts ports of every message type
export type Port = Pub<any> | Sub<any> | Clt<any, any> | Srv<any, any> | Tim;

/** The ports of a component, by the names of its model. */
export type Ports = Readonly<Record<string, Port>>;

/** A publishing port. */
export function pub<M>(message: MessageType<M>): Pub<M> {
  return { kind: "pub", message };
}
/** A subscribing port. */
export function sub<M>(message: MessageType<M>): Sub<M> {
  return { kind: "sub", message };
}
/** A client port. */
export function clt<Q, R>(request: MessageType<Q>, reply: MessageType<R>): Clt<Q, R> {
  return { kind: "clt", request, reply };
}
/** A server port. */
export function srv<Q, R>(request: MessageType<Q>, reply: MessageType<R>): Srv<Q, R> {
  return { kind: "srv", request, reply };
}
/** A timer port. */
export function tim(): Tim {
  return { kind: "tim" };
}
