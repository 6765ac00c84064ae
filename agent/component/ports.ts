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

/** The two messages of a port for requests and replies. */
export interface Pair<K extends string, Q, R> {
  readonly kind: K;
  readonly request: MessageType<Q>;
  readonly reply: MessageType<R>;
}
/** A port that asks one server; the handler that calls it waits for the reply. */
export type Clt<Q, R> = Pair<"clt", Q, R>;
/** A port that answers clients with what its handler returns, one at a time. */
export type Srv<Q, R> = Pair<"srv", Q, R>;
/** A port that asks one `rep`, one request at a time; the reply comes to its handler. */
export type Req<Q, R> = Pair<"req", Q, R>;
/** A port that answers a `req`: the next request comes when this one is answered, in this handler or later. */
export type Rep<Q, R> = Pair<"rep", Q, R>;
/** A port that asks, with any number of queries outstanding; each answer comes to its handler. */
export type Qry<Q, R> = Pair<"qry", Q, R>;
/** A port that answers queries in any order, in its handler or later. */
export type Ans<Q, R> = Pair<"ans", Q, R>;

/** A timer; periodic or sporadic as the model says. */
export interface Tim {
  readonly kind: "tim";
}
/** A link between a device and its own threads. */
export interface Ins<D, U> {
  readonly kind: "ins";
  /** What the component sends down to a thread. */
  readonly down: MessageType<D>;
  /** What a thread sends up to the component. */
  readonly up: MessageType<U>;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- only `any` accepts ports of every message type */
/** A port of any kind. */
export type Port =
  | Pub<any>
  | Sub<any>
  | Clt<any, any>
  | Srv<any, any>
  | Req<any, any>
  | Rep<any, any>
  | Qry<any, any>
  | Ans<any, any>
  | Tim
  | Ins<any, any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

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
/** A requesting port. */
export function req<Q, R>(request: MessageType<Q>, reply: MessageType<R>): Req<Q, R> {
  return { kind: "req", request, reply };
}
/** A replying port. */
export function rep<Q, R>(request: MessageType<Q>, reply: MessageType<R>): Rep<Q, R> {
  return { kind: "rep", request, reply };
}
/** A querying port. */
export function qry<Q, R>(request: MessageType<Q>, reply: MessageType<R>): Qry<Q, R> {
  return { kind: "qry", request, reply };
}
/** An answering port. */
export function ans<Q, R>(request: MessageType<Q>, reply: MessageType<R>): Ans<Q, R> {
  return { kind: "ans", request, reply };
}
/** A timer port. */
export function tim(): Tim {
  return { kind: "tim" };
}
/** A port between a device and its threads. */
export function ins<D, U>(down: MessageType<D>, up: MessageType<U>): Ins<D, U> {
  return { kind: "ins", down, up };
}
