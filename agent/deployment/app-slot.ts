import type { SignedManifest } from "../bundle/envelope.ts";
import { AgentError } from "../core/errors.ts";
import type { World } from "../core/world.ts";
import type { AppState } from "./app-state.ts";
import type { AppStore } from "./app-store.ts";
import type {
  ApplicationEvent,
  ApplicationHost,
  HostedTexts,
  RunningApplication,
} from "./application-host.ts";
import { GateRule } from "./gate-rule.ts";
import type { AppStatus } from "./protocol.ts";

/** What the slots of a board share. */
export interface SlotParts {
  readonly world: Pick<World, "clock" | "log" | "tree">;
  readonly store: AppStore;
  readonly host: ApplicationHost;
  /** See DeploymentOptions. */
  readonly orphanMs: number;
  /** Does one change after the other, whoever asks. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A version that proves itself. */
interface Trial {
  readonly id: string;
  readonly gate: GateRule;
  isHealthy: boolean;
  /** When a controller asked for it last. */
  heardMs: number;
  /** Set when it is over, by whoever ended it. */
  isOver: boolean;
  /** Called when something has happened. */
  wake: () => void;
}

/**
 * One application on this board: runs its current version, tries another, keeps that or goes back.
 *
 * Invariants: at most one version runs; `current` on the disk is a version that was kept, so that a loss
 * of power at any moment brings that one back; a trial ends, healthy and confirmed, or with the version
 * before running again.
 */
export class AppSlot {
  readonly #parts: SlotParts;
  readonly #app: string;
  #running: RunningApplication | undefined;
  #trial: Trial | undefined;

  constructor(app: string, parts: SlotParts) {
    this.#app = app;
    this.#parts = parts;
  }

  get isOnTrial(): boolean {
    return this.#trial !== undefined;
  }

  /** As it stands; a controller that asks keeps a trial alive. */
  status(isController: boolean): AppStatus {
    const trial = this.#trial;
    if (trial !== undefined && isController) trial.heardMs = this.#nowMs();
    const { current, previous, isStopped, failed } = this.#state;
    const settled = current === null ? "absent" : isStopped ? "stopped" : "running";
    const phase = trial === undefined ? settled : trial.isHealthy ? "healthy" : "trying";
    const actors = this.#running?.actors ?? [];
    const { id = null } = trial ?? {};
    return { app: this.#app, phase, current, previous, trial: id, failed, actors };
  }

  /** After a start of the agent: a trial that was under way is over, and what is current runs. */
  async resume(): Promise<void> {
    const { trial } = this.#state;
    if (trial !== null) await this.#settle("the agent ended while it was on trial", trial);
    const { current, previous } = this.#state;
    const { store } = this.#parts;
    if (current !== null && !(await store.isWhole(this.#app, current))) {
      this.#log("error", "deployment-damaged", { id: current });
      const isBetter = previous !== null && (await store.isWhole(this.#app, previous));
      const failed = { id: current, reason: "its files are not what was signed" };
      await this.#keep({ current: isBetter ? previous : null, previous: null, failed });
    }
    await this.#runCurrent();
  }

  /** Switches to an installed version, on trial; resolves when it has been started. */
  async try(signed: SignedManifest, id: string): Promise<void> {
    await this.#keep({ trial: id, failed: null, isStopped: false });
    await this.#halt();
    const { clock } = this.#parts.world;
    const actors = this.#parts.host.actorsOf(await this.#textsOf(id));
    const gate = new GateRule(actors, signed.manifest.ready, clock.monotonicMs());
    const trial: Trial = {
      ...{ id, gate, isHealthy: false, isOver: false },
      ...{ heardMs: clock.monotonicMs(), wake: () => undefined },
    };
    this.#trial = trial;
    this.#running = await this.#start(id, (event) => {
      if (event.kind === "active") gate.active(event.actor);
      else gate.ended(event.actor, event.reason);
      trial.wake();
    });
    this.#log("info", "deployment-trial", { id });
    void this.#watch(trial);
  }

  /** Keeps the version on trial; false when it is not there, or not healthy yet. */
  async confirm(id: string): Promise<boolean> {
    const trial = this.#trial;
    if (trial === undefined) return this.#state.current === id;
    if (trial.id !== id || !trial.isHealthy || trial.isOver) return false;
    this.#over(trial);
    const { current, sequenceMax } = this.#state;
    const sequence = this.#parts.store.manifestOf(this.#app, id)?.manifest.sequence ?? 0;
    const kept = { current: id, previous: current, trial: null };
    await this.#keep({ ...kept, sequenceMax: Math.max(sequence, sequenceMax) });
    this.#log("info", "deployment-kept", { id });
    return true;
  }

  /** Back to the version before; false when there is none. */
  async rollBack(): Promise<boolean> {
    const trial = this.#trial;
    if (trial !== undefined) {
      await this.#takeBack(trial, "a controller took it back");
      return true;
    }
    const { current, previous } = this.#state;
    if (previous === null) return false;
    await this.#halt();
    await this.#keep({ current: previous, previous: current, isStopped: false });
    this.#log("warn", "deployment-rolled-back", { to: previous });
    await this.#runCurrent();
    return true;
  }

  async stop(): Promise<void> {
    if (this.#trial !== undefined) await this.#takeBack(this.#trial, "it was stopped");
    await this.#keep({ isStopped: true });
    await this.#halt();
  }

  async startAgain(): Promise<void> {
    if (!this.#state.isStopped) return;
    await this.#keep({ isStopped: false });
    await this.#runCurrent();
  }

  async remove(): Promise<void> {
    if (this.#trial !== undefined) this.#over(this.#trial);
    await this.#halt();
    await this.#parts.store.remove(this.#app);
    this.#log("info", "deployment-removed", {});
  }

  /** Ends the watch of a trial, for the end of the agent: the disk says all that the next one needs. */
  close(): void {
    if (this.#trial !== undefined) this.#over(this.#trial);
  }

  get #state(): AppState {
    return this.#parts.store.stateOf(this.#app);
  }

  async #watch(trial: Trial): Promise<void> {
    const { inTurn } = this.#parts;
    const reason = (await this.#verdict(trial)) ?? (await this.#orphaned(trial));
    if (reason !== undefined && !trial.isOver)
      await inTurn(() => (trial.isOver ? Promise.resolve() : this.#takeBack(trial, reason)));
  }

  /** Why a trial failed; undefined when the version is healthy, or the trial is over. */
  async #verdict(trial: Trial): Promise<string | undefined> {
    while (!trial.isOver) {
      const step = trial.gate.next(this.#nowMs());
      switch (step.kind) {
        case "sick":
          return step.reason;
        case "healthy":
          trial.isHealthy = true;
          this.#log("info", "deployment-healthy", { id: trial.id });
          return undefined;
        case "ask":
          void this.#running?.askHealth().then((fault) => {
            trial.gate.answered(fault, this.#nowMs());
            trial.wake();
          });
          break;
        case "wait":
          await this.#woken(trial, step.durationMs);
          break;
      }
    }
    return undefined;
  }

  /** A healthy version waits for its controller: it may still fall sick, or be forgotten. */
  async #orphaned(trial: Trial): Promise<string | undefined> {
    const { orphanMs } = this.#parts;
    while (!trial.isOver) {
      const step = trial.gate.next(this.#nowMs());
      if (step.kind === "sick") return step.reason;
      const restMs = trial.heardMs + orphanMs - this.#nowMs();
      if (restMs <= 0) return `no controller asked for it for ${orphanMs} ms`;
      await this.#woken(trial, restMs);
    }
    return undefined;
  }

  async #woken(trial: Trial, durationMs: number): Promise<void> {
    const woken = new AbortController();
    trial.wake = () => woken.abort();
    await this.#parts.world.clock.sleep(durationMs, woken.signal);
  }

  #over(trial: Trial): void {
    trial.isOver = true;
    trial.wake();
    if (this.#trial === trial) this.#trial = undefined;
  }

  async #takeBack(trial: Trial, reason: string): Promise<void> {
    this.#over(trial);
    await this.#halt();
    await this.#settle(reason, trial.id);
    await this.#runCurrent();
  }

  /** The trial on the disk is over: nothing else has changed. */
  async #settle(reason: string, id: string): Promise<void> {
    this.#log("warn", "deployment-taken-back", { id, reason });
    await this.#keep({ trial: null, failed: { id, reason } });
  }

  async #runCurrent(): Promise<void> {
    const { current, isStopped } = this.#state;
    if (current === null || isStopped) return;
    this.#running = await this.#start(current, () => undefined);
  }

  async #halt(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }

  async #start(id: string, tell: (event: ApplicationEvent) => void): Promise<RunningApplication> {
    const { host, store, world } = this.#parts;
    const { code } = this.#manifestOf(id).manifest;
    const assetsPath = store.folderOf(this.#app, id);
    const codeUrl = code === null ? undefined : world.tree.urlOf(`${assetsPath}/${code}`);
    return host.start({ texts: await this.#textsOf(id), codeUrl, assetsPath }, tell);
  }

  #textsOf(id: string): Promise<HostedTexts> {
    return textsOf(this.#parts.store, this.#manifestOf(id), id);
  }

  #manifestOf(id: string): SignedManifest {
    const signed = this.#parts.store.manifestOf(this.#app, id);
    if (signed === undefined) throw new AgentError("FILE_MISSING", { name: `${this.#app}/${id}` });
    return signed;
  }

  #keep(change: Partial<AppState>): Promise<void> {
    return this.#parts.store.setState(this.#app, { ...this.#state, ...change });
  }

  #nowMs(): number {
    return this.#parts.world.clock.monotonicMs();
  }

  #log(level: "info" | "warn" | "error", event: string, facts: Record<string, string>): void {
    this.#parts.world.log.write(level, event, { app: this.#app, ...facts });
  }
}

/** Model and deployment of an installed version. @throws AgentError FILE_MISSING */
export async function textsOf(
  store: AppStore,
  { manifest: { app, model, deployment } }: SignedManifest,
  id: string,
): Promise<HostedTexts> {
  return {
    ...{ modelName: model, modelText: await store.textOf(app, id, model) },
    ...{ deploymentName: deployment, deploymentText: await store.textOf(app, id, deployment) },
  };
}
