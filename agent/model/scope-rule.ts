import type { ActorType, MessagePort, PairPort } from "./app-model.ts";
import type { MessageScope } from "./instances.ts";

/** How far a message travels, seen from an actor. */
export function scopeOfMessage(actor: ActorType, message: string): MessageScope {
  if (actor.internals.some((internal) => internal.name === message)) return "internal";
  return actor.locals.some((local) => local.name === message) ? "local" : "global";
}

/**
 * How far a port reaches. A pair whose messages differ in scope is global, as in the reference;
 * checkApp warns of it.
 */
export function scopeOfPort(actor: ActorType, port: MessagePort | PairPort): MessageScope {
  const [first = "global", ...others] = messagesOf(port).map((name) => scopeOfMessage(actor, name));
  return others.every((scope) => scope === first) ? first : "global";
}

/** The message types of a port: one, or request and reply. */
export function messagesOf(port: MessagePort | PairPort): readonly string[] {
  return "message" in port ? [port.message.name] : [port.request.name, port.reply.name];
}
