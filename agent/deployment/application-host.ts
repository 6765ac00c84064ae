/** The texts of an application's model and deployment, each with a name for messages. */
export interface HostedTexts {
  readonly modelName: string;
  readonly modelText: string;
  readonly deploymentName: string;
  readonly deploymentText: string;
}

/** An application as it is to be run. */
export interface HostedApplication {
  readonly texts: HostedTexts;
  /** URL of its module; undefined: it is one of the agent's build. */
  readonly codeUrl: string | undefined;
  /** Folder of the board's tree with its files. */
  readonly assetsPath: string;
}

/** What happens to an actor of a running application. */
export type ApplicationEvent =
  | { readonly kind: "active"; readonly actor: string }
  | { readonly kind: "ended"; readonly actor: string; readonly reason: string };

/** An application that runs. */
export interface RunningApplication {
  /** Names of its actors on this board; maybe none. */
  readonly actors: readonly string[];
  /** What one of its components says is wrong; undefined when none does. */
  askHealth(): Promise<string | undefined>;
  /** Resolves when all its programs have ended. */
  stop(): Promise<void>;
}

/** Who runs applications: the agent. */
export interface ApplicationHost {
  /** Names of all actors that run on this board. */
  readonly actors: readonly string[];
  /** The actors that an application would have here. @throws AgentError MODEL_INVALID */
  actorsOf(texts: HostedTexts): readonly string[];
  /** @throws AgentError MODEL_INVALID */
  start(
    application: HostedApplication,
    tell: (event: ApplicationEvent) => void,
  ): RunningApplication;
}
