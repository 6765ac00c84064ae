import { admit, type BoardFacts } from "../bundle/admission-rule.ts";
import { hashOf } from "../bundle/chunks.ts";
import { openManifest, type SignedManifest } from "../bundle/envelope.ts";
import { REFUSALS, type Refusal } from "../bundle/refusals.ts";
import { readTrust, suffices, trustedKey } from "../bundle/trust.ts";
import { AgentError } from "../core/errors.ts";
import { hexOf } from "../core/hex.ts";
import type { WireRequest, WireServer } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import { AppSlot, type SlotParts, textsOf } from "./app-slot.ts";
import { AppStore, idOf } from "./app-store.ts";
import type { ApplicationHost } from "./application-host.ts";
import type { DeploymentOptions } from "./deployment-options.ts";
import { gatherChunks } from "./gather-chunks.ts";
import {
  type Command,
  decodeRequest,
  encode,
  openCommand,
  type Reply,
  type Request,
  ROLE_OF,
  type SignedCommand,
} from "./protocol.ts";
import { SessionRule } from "./session-rule.ts";

/** A bundle that a controller is bringing. */
interface Offer {
  readonly signed: SignedManifest;
  /** The session that brings it. */
  readonly session: string;
  heardMs: number;
}

/** What a board that takes applications in is told, with its name. */
export type ManagerOptions = DeploymentOptions & { readonly board: string };

const ORPHAN_MS = 30_000;
const CHALLENGE_BYTES = 16;
/** Where application code looks for a package, seen from the folders of versions. */
const PACKAGE = "apps/node_modules/hedgerow";

/**
 * The deployment manager of a board: obeys whom its trust file names, takes bundles in, and runs them.
 *
 * Invariants: nothing that is not signed by a trusted key changes anything; of one application one
 * controller's offer is taken in at a time; changes happen one after the other; every refusal has a code.
 */
export class DeploymentManager implements AsyncDisposable {
  readonly #world: World;
  readonly #facts: BoardFacts;
  readonly #parts: SlotParts;
  readonly #slots = new Map<string, AppSlot>();
  readonly #offers = new Map<string, Offer>();
  readonly #sessions = new SessionRule();
  #server: WireServer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(world: World, facts: BoardFacts, parts: Omit<SlotParts, "inTurn">) {
    this.#world = world;
    this.#facts = facts;
    this.#parts = { ...parts, inTurn: (work) => this.#inTurn(work) };
  }

  /**
   * Opens the store, and answers from now on. `start` starts what is installed.
   * @throws AgentError TRUST_UNREADABLE
   */
  static async open(
    world: World,
    options: ManagerOptions,
    host: ApplicationHost,
  ): Promise<DeploymentManager> {
    const {
      board,
      architecture,
      hedgerowVersion,
      trustText,
      doorUrl,
      orphanMs = ORPHAN_MS,
    } = options;
    const trust = readTrust(trustText);
    const { tree, identity } = world;
    const store = await AppStore.recover(tree, identity.verify.bind(identity));
    if (doorUrl !== undefined) await writePackage(world, doorUrl);
    const facts = { board, architecture, hedgerowVersion, trust };
    const manager = new DeploymentManager(world, facts, { world, store, host, orphanMs });
    manager.#server = await world.wire.server((request) => manager.#serve(request));
    return manager;
  }

  get endpoint(): string {
    return this.#server?.endpoint ?? "";
  }

  async start(): Promise<void> {
    await this.#inTurn(async () => {
      for (const { app } of this.#parts.store.apps) await this.#slotOf(app).resume();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const slot of this.#slots.values()) slot.close();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#last;
  }

  #serve({ frame, reply, refuse }: WireRequest): void {
    const request = decodeRequest(frame);
    if (request === undefined) {
      refuse();
      return;
    }
    // What changes nothing waits for nobody: two boards may ask each other for chunks.
    const isReading = request.kind === "hello" || request.kind === "take";
    const answered = isReading ? this.#answer(request) : this.#inTurn(() => this.#answer(request));
    void answered.then((answer) => reply(encode(answer)));
  }

  async #answer(request: Request): Promise<Reply> {
    switch (request.kind) {
      case "hello":
        return this.#greet();
      case "take": {
        const bytes = await this.#parts.store.chunk(request.hash);
        return bytes === undefined ? refused("CHUNK_UNWANTED") : { kind: "chunk", bytes };
      }
      case "put":
        return this.#put(request.bytes);
      case "command":
        return this.#command(request);
    }
  }

  #greet(): Reply {
    const challenge = this.#world.random.bytes(CHALLENGE_BYTES);
    this.#sessions.open(challenge, this.#nowMs());
    const { board, architecture, hedgerowVersion } = this.#facts;
    return { kind: "greeting", greeting: { board, architecture, hedgerowVersion, challenge } };
  }

  async #put(bytes: Uint8Array): Promise<Reply> {
    const { store } = this.#parts;
    const hash = hashOf(bytes);
    const offers = [...this.#offers.values()];
    const offer = offers.find(({ signed }) =>
      store.missingOf(signed).some((each) => each.hash === hash),
    );
    if (offer === undefined) return refused("CHUNK_UNWANTED");
    offer.heardMs = this.#nowMs();
    return this.#orFull(offer.signed.manifest.app, async () => {
      await store.stage(hash, bytes);
      return { kind: "done" };
    });
  }

  async #command(signed: SignedCommand): Promise<Reply> {
    const { identity } = this.#world;
    const { trust, board } = this.#facts;
    if (trust.keys.length === 0) return refused("BOARD_UNTRUSTING");
    const key = trustedKey(trust, signed.publicKey);
    const body = key && openCommand(signed, identity.verify.bind(identity));
    if (key === undefined || body === undefined) return refused("REQUEST_UNSIGNED");
    const { challenge, number, command } = body;
    const isNew = this.#sessions.accept(challenge, number, key.key, this.#nowMs());
    if (body.board !== board || !isNew) return refused("REQUEST_REPLAYED");
    const needed =
      command.op === "offer" && command.allowsDowngrade ? "admin" : ROLE_OF[command.op];
    if (!suffices(key.role, needed))
      return refused("REQUEST_ROLE", `${key.name} is ${key.role}, this takes ${needed}`);
    if (command.op !== "status")
      this.#world.log.write("info", "deployment-command", { op: command.op, by: key.name });
    return this.#obey(command, hexOf(challenge));
  }

  async #obey(command: Command, session: string): Promise<Reply> {
    if (command.op === "status") return this.#status(session);
    if (command.op === "offer") return this.#offer(command, session);
    const { app } = command;
    const offer = this.#offers.get(app);
    if (this.#isBusy(offer, session)) return refused("BUSY");
    if (offer !== undefined) offer.heardMs = this.#nowMs();
    switch (command.op) {
      case "withdraw":
        if (offer !== undefined) await this.#withdraw(app);
        return { kind: "done" };
      case "gather":
        return offer === undefined
          ? refused("CHUNKS_MISSING")
          : this.#gather(offer, command.endpoints);
      case "try":
        return offer === undefined || idOf(offer.signed) !== command.id
          ? refused("CHUNKS_MISSING")
          : this.#orFull(app, () => this.#try(offer));
      case "confirm":
      case "rollback":
      case "start":
      case "stop":
      case "remove":
        return this.#orFull(app, () => this.#change(command));
    }
  }

  async #change(
    command: Extract<Command, { op: "confirm" | "rollback" | "start" | "stop" | "remove" }>,
  ): Promise<Reply> {
    const { app, op } = command;
    const slot = this.#slotOf(app);
    if (this.#parts.store.stateOf(app).current === null && !slot.isOnTrial)
      return refused(op === "confirm" ? "TRIAL_OVER" : "APP_ABSENT");
    if (op === "confirm") {
      if (!(await slot.confirm(command.id))) return refused("TRIAL_OVER");
    } else if (op === "rollback") {
      if (!(await slot.rollBack())) return refused("NOTHING_PREVIOUS");
    } else if (op === "start") await slot.startAgain();
    else if (op === "stop") await slot.stop();
    else {
      await slot.remove();
      this.#slots.delete(app);
    }
    this.#offers.delete(app);
    return { kind: "done" };
  }

  #status(session: string): Reply {
    const apps = new Set([...this.#parts.store.apps.map(({ app }) => app), ...this.#slots.keys()]);
    const listed = [...apps].sort().map((app) => {
      const offer = this.#offers.get(app);
      const isBringing = offer?.session === session;
      if (isBringing) offer.heardMs = this.#nowMs();
      return this.#slotOf(app).status(isBringing);
    });
    return { kind: "apps", apps: listed };
  }

  async #offer(
    { envelope, allowsDowngrade }: Extract<Command, { op: "offer" }>,
    session: string,
  ): Promise<Reply> {
    const { store } = this.#parts;
    const { identity } = this.#world;
    const signed = openManifest(envelope, identity.verify.bind(identity));
    if (typeof signed === "string") return refused(signed);
    const { app } = signed.manifest;
    if (this.#isBusy(this.#offers.get(app), session)) return refused("BUSY");
    const { current, previous, sequenceMax } = store.stateOf(app);
    const { version } =
      (current === null ? undefined : store.manifestOf(app, current)?.manifest) ?? {};
    const id = idOf(signed);
    // What runs already, or ran here last as the newest of all, is no step back.
    const isKnown = current === id || (previous === id && signed.manifest.sequence === sequenceMax);
    const installed = { version, sequenceMax };
    const refusal = admit(signed, this.#facts, installed, allowsDowngrade || isKnown);
    if (refusal !== undefined) return refused(refusal);
    if (this.#slotOf(app).isOnTrial) await this.#withdraw(app);
    this.#offers.set(app, { signed, session, heardMs: this.#nowMs() });
    const offered = [...this.#offers.values()].map((each) => each.signed);
    if (offered.length === 1) await store.unstage(signed);
    return this.#missing(signed);
  }

  async #withdraw(app: string): Promise<void> {
    this.#offers.delete(app);
    if (this.#slotOf(app).isOnTrial) await this.#slotOf(app).rollBack();
    await this.#parts.store.tidy(app);
  }

  async #gather(offer: Offer, endpoints: readonly string[]): Promise<Reply> {
    const { store } = this.#parts;
    const wanted = store.missingOf(offer.signed);
    return this.#orFull(offer.signed.manifest.app, async () => {
      await gatherChunks(this.#world, { wanted, endpoints }, (hash, bytes) =>
        store.stage(hash, bytes),
      );
      return this.#missing(offer.signed);
    });
  }

  async #try({ signed }: Offer): Promise<Reply> {
    const { store, host } = this.#parts;
    const { app } = signed.manifest;
    const id = idOf(signed);
    const slot = this.#slotOf(app);
    if (store.stateOf(app).current === id) {
      await slot.startAgain();
      return { kind: "done" };
    }
    if (!(await store.install(signed))) return this.#missing(signed);
    try {
      const actors = host.actorsOf(await textsOf(store, signed, id));
      const own = slot.status(false).actors;
      const taken = actors.find((actor) => host.actors.includes(actor) && !own.includes(actor));
      if (taken !== undefined) {
        await store.tidy(app);
        return refused("BUNDLE_ACTOR_TAKEN", taken);
      }
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "MODEL_INVALID") throw error;
      await store.tidy(app);
      return refused("BUNDLE_MODEL", error.message.slice(0, 900));
    }
    await slot.try(signed, id);
    return { kind: "done" };
  }

  #missing(signed: SignedManifest): Reply {
    const hashes = this.#parts.store.missingOf(signed).map(({ hash }) => hash);
    return { kind: "missing", hashes };
  }

  /** Another session brings this application, and was heard lately. */
  #isBusy(offer: Offer | undefined, session: string): boolean {
    return (
      offer !== undefined &&
      offer.session !== session &&
      this.#nowMs() - offer.heardMs < this.#parts.orphanMs
    );
  }

  async #orFull(app: string, work: () => Promise<Reply>): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "DISK_FULL") throw error;
      this.#offers.delete(app);
      await this.#parts.store.tidy(app);
      return refused("DISK_FULL");
    }
  }

  #slotOf(app: string): AppSlot {
    const slot = this.#slots.get(app) ?? new AppSlot(app, this.#parts);
    this.#slots.set(app, slot);
    return slot;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #nowMs(): number {
    return this.#world.clock.monotonicMs();
  }
}

function refused(code: Refusal, detail = ""): Reply {
  return { kind: "refused", code, detail: detail === "" ? REFUSALS[code] : detail };
}

/** Compiled applications import "hedgerow", and there is no node_modules on a board: here it is. */
async function writePackage({ tree }: World, doorUrl: string): Promise<void> {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const folder of ["apps", "apps/node_modules", PACKAGE]) await tree.makeFolder(folder);
  const about = { name: "hedgerow", type: "module", exports: "./index.js" };
  await tree.write(`${PACKAGE}/package.json`, utf8(JSON.stringify(about)));
  await tree.write(`${PACKAGE}/index.js`, utf8(`export * from ${JSON.stringify(doorUrl)};\n`));
}
