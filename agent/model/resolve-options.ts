import type { ActorOptions, RestartClause } from "./actor-options-model.ts";
import type { ActorInstance, RestartPolicy } from "./instances.ts";

// What a restart clause leaves out; as the agent restarts actors without one.
const FIRST_DELAY_MS = 50;
const DELAY_MS_MAX = 5_000;
// Any time does for an actor that is never restarted.
const NEVER_PERIOD_MS = 60_000;

/** What the block behind a placed actor makes of its instance; null: there is none. */
export function resolveOptions(
  options: ActorOptions | null,
): Pick<ActorInstance, "isolation" | "restart" | "runAs" | "foreign"> {
  if (options === null) return { isolation: "own", restart: null, runAs: null, foreign: [] };
  const { isolation, restart, runAs, foreign } = options;
  return {
    isolation: isolation?.mode ?? "own",
    restart: restart === null ? null : restartPolicy(restart),
    runAs:
      runAs === null
        ? null
        : { user: runAs.user?.name ?? null, groups: runAs.groups.map(({ name }) => name) },
    foreign: foreign.map(({ how, component, port, address, curveKey }) => ({
      how,
      port: `${component.name}/${port.name}`,
      address,
      curveKey,
    })),
  };
}

function restartPolicy(clause: RestartClause): RestartPolicy {
  const firstDelayMs = clause.firstDelayMs ?? FIRST_DELAY_MS;
  return {
    restartsMax: clause.restartsMax,
    periodMs: clause.periodMs ?? NEVER_PERIOD_MS,
    firstDelayMs,
    delayMsMax: clause.delayMsMax ?? Math.max(DELAY_MS_MAX, firstDelayMs),
  };
}
