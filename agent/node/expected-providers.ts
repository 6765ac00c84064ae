import { placeOfKey, providerKey } from "../actor/provider-key.ts";
import type { ActorInstance, PortInstance } from "../model/instances.ts";
import { namedBoards } from "../model/placement-rule.ts";
import { instancesFor } from "../model/resolve.ts";
import { type ApplicationTexts, parsedApplication } from "./application-files.ts";

/** A port that the deployment places somewhere and that others connect to. */
export interface ExpectedProvider {
  readonly board: string;
  readonly actor: string;
  /** Component and port, such as "source.tick". */
  readonly port: string;
  /** Under which it is said; see placeOfKey. */
  readonly topic: string;
  readonly isLocal: boolean;
}

const PROVIDING = { pub: "pub", srv: "srv", rep: "rep", ans: "ans" } as const;

/**
 * Every providing port of the application, on the boards that its deployment names and on `boards`. Pure.
 * @throws AgentError MODEL_INVALID, as actorsOn.
 */
export function expectedProviders(
  texts: ApplicationTexts,
  boards: readonly string[],
): readonly ExpectedProvider[] {
  const { app, deployment } = parsedApplication(texts);
  const all = [...new Set([...namedBoards(deployment), ...boards])];
  return all.flatMap((board) => instancesFor(app, deployment, board).flatMap(providersOf));
}

function providersOf(actor: ActorInstance): readonly ExpectedProvider[] {
  const { appName: app, board, instanceName } = actor;
  return actor.components.flatMap(({ name: component, ports }) =>
    ports.flatMap((port) => {
      if (!isProviding(port)) return [];
      // Of shapes the model knows nothing; a topic has none.
      const names = "message" in port ? [port.message] : [port.request, port.reply];
      const messages = names.map((name) => ({ name, fingerprint: "" }));
      const place = { app, board, actor: instanceName };
      const { topic } = placeOfKey(providerKey(place, port.scope, PROVIDING[port.kind], messages));
      const isLocal = port.scope !== "global";
      return [{ board, actor: instanceName, port: `${component}.${port.name}`, topic, isLocal }];
    }),
  );
}

type ProvidingPort = Extract<PortInstance, { readonly scope: unknown }> & {
  readonly kind: keyof typeof PROVIDING;
};

function isProviding(port: PortInstance): port is ProvidingPort {
  return Object.hasOwn(PROVIDING, port.kind);
}
