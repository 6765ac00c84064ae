import { ComponentHost, type ComponentHostParts } from "./component-host.ts";
import { SnapshotKeeper, type SnapshotOptions } from "./snapshot-keeper.ts";

/** One component that runs here, and its state if it keeps one. */
export class KeptHost implements AsyncDisposable {
  readonly host: ComponentHost;
  readonly #keeper: SnapshotKeeper | undefined;

  private constructor(host: ComponentHost, keeper: SnapshotKeeper | undefined) {
    this.host = host;
    this.#keeper = keeper;
  }

  /** Opens the component; nothing is handled before `activate`. @throws what ComponentHost.open does. */
  static async open(parts: ComponentHostParts, options: SnapshotOptions): Promise<KeptHost> {
    const { world, actor, model } = parts;
    let keeper: SnapshotKeeper | undefined;
    const host = await ComponentHost.open({ ...parts, handled: () => keeper?.handled() });
    // Most components keep nothing: then no database is opened, nor even loaded.
    if (host.keepsState) {
      keeper = await SnapshotKeeper.open({ world, actor, model, options });
      const latest = keeper.latest();
      const { refuse } = keeper;
      if (latest !== undefined) host.restoreFrom(latest.state, refuse);
    }
    return new KeptHost(host, keeper);
  }

  get name(): string {
    return this.host.name;
  }

  /** Gives the component its state, and activates it. */
  activate(): void {
    this.host.activate();
    this.#keeper?.start((keep) => this.host.takeSnapshot(keep));
  }

  /** Deactivates the component, keeps its last state, and closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.deactivate();
    await this.#keeper?.keep();
    await this.host[Symbol.asyncDispose]();
    await this.#keeper?.[Symbol.asyncDispose]();
  }
}
