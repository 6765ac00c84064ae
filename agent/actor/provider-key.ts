import type { MessageScope } from "../model/instances.ts";

/** Where a port stands, as far as who may connect to it depends on it. */
export interface PortPlace {
  readonly app: string;
  readonly board: string;
  readonly actor: string;
}

/**
 * The name under which providers and requesters meet: equal keys connect.
 *
 * Holds the application, the providing kind, message names and shapes, and for narrower scopes the
 * board or the actor, so that a local message never leaves its board.
 */
export function providerKey(
  place: PortPlace,
  scope: MessageScope,
  kind: "pub" | "srv" | "rep" | "ans",
  messages: readonly { readonly name: string; readonly fingerprint: string }[],
): string {
  const types = messages.map(({ name, fingerprint }) => `${name}:${fingerprint}`).join("#");
  const reach = {
    global: "",
    local: `@${place.board}`,
    internal: `@${place.board}/${place.actor}`,
  };
  return `${place.app}/${kind}/${types}${reach[scope]}`;
}

/** Whether a key is one of publishers: whoever follows a dead one waits for nothing. */
export function isPublisherKey(key: string): boolean {
  const [, kind] = key.split("/");
  return kind === "pub";
}

/**
 * Where a key is said: under applications and names of messages, so that ports whose shapes of messages
 * differ hear of each other, and do not connect.
 */
export function placeOfKey(key: string): {
  readonly topic: string;
  readonly variant: string;
  readonly isLocal: boolean;
} {
  const [whole = "", ...local] = key.split("@");
  const prints: string[] = [];
  const topic = whole.replace(/:([^:#/@]*)(?=#|$)/g, (_, print: string) => {
    prints.push(print);
    return "";
  });
  return {
    topic: [topic, ...local].join("@"),
    variant: prints.join("#"),
    isLocal: local.length > 0,
  };
}
