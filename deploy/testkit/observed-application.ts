import type { Caller, CallOutcome } from "../../agent/component/calls.ts";
import type { AnyDefinition, Application } from "../../agent/component/define.ts";
import type { Port, Ports } from "../../agent/component/ports.ts";
import type { MessageType } from "../../agent/message/message-type.ts";
import type { Journal, Side } from "./journal.ts";

type AnyType = MessageType<unknown>;
type AnyContext = Parameters<AnyDefinition["setup"]>[0];
type Handler = (...args: readonly unknown[]) => unknown;

/** Where a component stands, and who hears of its messages. */
interface Observer {
  readonly note: (side: Side, port: string, type: AnyType, message: unknown) => void;
}

/** The same application; what its components send and handle on `board` is written into `journal`. */
export function observedApplication(
  application: Application,
  board: string,
  journal: Journal,
): Application {
  const components = Object.entries(application.components).map(
    ([name, definition]) => [name, observed(definition, board, journal)] as const,
  );
  return { ...application, components: Object.fromEntries(components) };
}

function observed(definition: AnyDefinition, board: string, journal: Journal): AnyDefinition {
  const ports = definition.ports as Ports;
  return {
    ...definition,
    setup(context, options) {
      const observer: Observer = {
        note: (side, port, type, message) =>
          journal.write(side, type, {
            port: `${board}/${context.name}.${port}`,
            atUtcUs: context.clock.utcUs(),
            message,
          }),
      };
      const calls = context.port as Readonly<Record<string, unknown>>;
      const watched = Object.entries(calls).map(
        ([name, call]) => [name, watchedCall(observer, name, ports[name], call)] as const,
      );
      // The rest of the context stays what it is, also what is read only when it is used.
      const seen = Object.create(context, {
        port: { value: Object.fromEntries(watched), enumerable: true },
      }) as AnyContext;
      const handlers = definition.setup(seen, options) as Readonly<Record<string, unknown>>;
      return watchedHandlers(observer, ports, handlers) as ReturnType<AnyDefinition["setup"]>;
    },
  };
}

function watchedCall(
  { note }: Observer,
  name: string,
  port: Port | undefined,
  call: unknown,
): unknown {
  if (port === undefined || typeof call !== "function") return call;
  const called = call as Handler;
  const type = sentType(port);
  if (type === undefined) return call;
  return (message: unknown, ...rest: readonly unknown[]): unknown => {
    const result = called(message, ...rest);
    note("sent", name, type, message);
    if (port.kind !== "clt") return result;
    return (result as Promise<CallOutcome<unknown>>).then((outcome) => {
      if (outcome.kind === "reply") note("handled", name, port.reply as AnyType, outcome.reply);
      return outcome;
    });
  };
}

function sentType(port: Port): AnyType | undefined {
  if (port.kind === "pub") return port.message as AnyType;
  if (port.kind === "ins") return port.down as AnyType;
  return "request" in port ? (port.request as AnyType) : undefined;
}

function watchedHandlers(
  observer: Observer,
  ports: Ports,
  handlers: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const watched = Object.entries(handlers).map(([key, handler]) => {
    const name = key.startsWith("on_") ? key.slice(3) : undefined;
    const port = name === undefined ? undefined : ports[name];
    if (name === undefined || port === undefined || typeof handler !== "function")
      return [key, handler] as const;
    return [key, watchedHandler(observer, name, port, handler.bind(handlers) as Handler)] as const;
  });
  return Object.fromEntries(watched);
}

function watchedHandler({ note }: Observer, name: string, port: Port, handler: Handler): Handler {
  switch (port.kind) {
    case "sub":
      return (message, ...rest) => {
        note("handled", name, port.message as AnyType, message);
        return handler(message, ...rest);
      };
    case "srv":
      return async (request, ...rest) => {
        note("handled", name, port.request as AnyType, request);
        const reply = await handler(request, ...rest);
        note("sent", name, port.reply as AnyType, reply);
        return reply;
      };
    case "rep":
    case "ans":
      return (request, caller, ...rest) => {
        note("handled", name, port.request as AnyType, request);
        const asking = caller as Caller<unknown>;
        const noted: Caller<unknown> = {
          id: asking.id,
          answer(reply) {
            asking.answer(reply);
            note("sent", name, port.reply as AnyType, reply);
          },
        };
        return handler(request, noted, ...rest);
      };
    case "req":
    case "qry":
      return (outcome, ...rest) => {
        const ended = outcome as CallOutcome<unknown>;
        if (ended.kind === "reply") note("handled", name, port.reply as AnyType, ended.reply);
        return handler(outcome, ...rest);
      };
    case "ins":
      return (message, ...rest) => {
        note("handled", name, port.up as AnyType, message);
        return handler(message, ...rest);
      };
    case "pub":
    case "clt":
    case "tim":
      return handler;
  }
}
