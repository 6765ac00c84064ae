import type { AnyDefinition } from "../component/define.ts";
import { DEFAULT_POLICY } from "../component/input-queue.ts";
import type { LaneOptions } from "../component/lane.ts";
import type { Port } from "../component/ports.ts";
import type { Scheduler } from "../component/scheduler.ts";
import type { BindOptions, LinkState } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance, PortInstance } from "../model/instances.ts";
import type { TimerPort } from "../ports/timer-port.ts";
import type { PortCounters } from "./port-counters.ts";

/** A port of one component, opened; only the sides that its kind has are set. */
export interface OpenedPort {
  /** What the component calls: a function, or a timer's control. */
  readonly call?: unknown;
  /** Where others reach it. */
  readonly endpoint?: string;
  /** Takes the endpoints of its providers; absent when it needs none of the board. */
  readonly follow?: (endpoints: readonly string[]) => void;
  /** How it stands with each of them; set where `follow` is. */
  readonly links?: () => readonly LinkState[];
  /** Under which it meets them, where the model does not say it. */
  readonly key?: string;
  readonly timer?: TimerPort;
  /** The component's own threads, which it starts when it becomes active. */
  readonly inside?: { start(): void };
  readonly close?: AsyncDisposable;
  readonly counters: () => PortCounters;
}

/** The component of a port. */
export interface PortComponent {
  readonly actor: ActorInstance;
  readonly model: ComponentInstance;
  readonly definition: AnyDefinition;
  /** Module of the application's code; undefined: it is of this build. */
  readonly codeUrl?: string | undefined;
  /** Told when something of it failed that could not be judged any more. */
  readonly failed: (error: unknown) => void;
}

/** What a port needs of its component. */
export interface PortOwner {
  readonly world: World;
  readonly scheduler: Scheduler;
  /** Calls a handler by its name. */
  readonly handle: (handler: string, one?: unknown, two?: unknown, three?: unknown) => unknown;
  /** How the port is bound, if it is one that others connect to. */
  readonly bind: BindOptions;
  /** Endpoints that are not of our making, which the port connects to. */
  readonly foreign: readonly string[];
  /** Whose port it is. */
  readonly component: PortComponent;
}

/** A port of this kind. */
export type PortOf<K extends Port["kind"]> = Extract<Port, { readonly kind: K }>;

/** What the model says of the lane before the port's handler. */
export function laneOf(model: PortInstance): Omit<LaneOptions, "run"> {
  return {
    port: model.name,
    index: model.index,
    handler: `on_${model.name}`,
    policy: ("queue" in model ? model.queue : null) ?? DEFAULT_POLICY,
    withinMs: "withinMs" in model ? model.withinMs : null,
  };
}

/** Whether what the port sends carries its time. */
export function isTimed(model: PortInstance): boolean {
  return "timed" in model && model.timed;
}
