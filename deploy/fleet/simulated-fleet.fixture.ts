// Four simulated boards that take applications in, a laptop, and an application that is sick where a test wants it.
import assert from "node:assert/strict";
import { actorProgram } from "../../agent/actor/actor-program.ts";
import type { Bundle } from "../../agent/bundle/bundle-file.ts";
import { bundledFile } from "../../agent/bundle/bundle-file.ts";
import { openManifest, sealManifest } from "../../agent/bundle/envelope.ts";
import type { Manifest } from "../../agent/bundle/manifest.ts";
import type { Role } from "../../agent/bundle/trust.ts";
import { type Application, component } from "../../agent/component/define.ts";
import { textOption } from "../../agent/component/options.ts";
import { tim } from "../../agent/component/ports.ts";
import { hexOf } from "../../agent/core/hex.ts";
import type { Child } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import { DeploymentManager } from "../../agent/deployment/deployment-manager.ts";
import type { AppStatus, Command } from "../../agent/deployment/protocol.ts";
import type { NodeOptions } from "../../agent/node/node-options.ts";
import { nodeProgram } from "../../agent/node/node-program.ts";
import { SimIdentity } from "../../agent/sim/sim-identity.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { type Answer, BoardClient, type FoundBoard } from "./board-client.ts";
import { findBoards } from "./find-boards.ts";
import { type RolloutEvent, type RolloutOptions, type RolloutOutcome, rollOut } from "./rollout.ts";

export const BOARDS = ["a", "b", "c", "d"] as const;

/** How a version is sick on a board: it crashes, it says so, it never starts, or it crashes later. */
export type Sickness = "none" | "crash" | "unwell" | "endless" | "late";

const MODEL = `language hedgerow 1;
app Fleet {
  component Beat(sickness = "none") { timer beat 1 sec; }
  actor Worker(sickness = "none") { { worker : Beat(sickness = sickness); } }
}
`;

export const LAPTOP = new SimIdentity("laptop");
const KEYS: readonly (readonly [string, Role])[] = [
  ["laptop", "operator"],
  ["other", "operator"],
  ["boss", "admin"],
  ["guest", "viewer"],
];
export const TRUST = JSON.stringify({
  format: 1,
  keys: KEYS.map(([name, role]) => ({ key: hexOf(new SimIdentity(name).publicKey), role, name })),
});

/** A bundle of the application in which `sick` boards have a sickness. */
export function fleetBundle(
  version: string,
  sick: Readonly<Record<string, Sickness>> = {},
  { signer = LAPTOP, ...more }: Partial<Manifest> & { readonly signer?: SimIdentity } = {},
): Bundle {
  const chunks = new Map<string, Uint8Array>();
  const lines = BOARDS.map(
    (board) => `on (${board}) Worker(sickness = "${sick[board] ?? "none"}") as w;`,
  );
  const texts = {
    "fleet.riaps": MODEL,
    "fleet.depl": `language hedgerow 1;\napp Fleet {\n${lines.join("\n")}\n}\n`,
    "application.js": `// ${version}\n`,
    "big.bin": `the same in all versions ${"x".repeat(100_000)}`,
  };
  const manifest: Manifest = {
    ...{ format: 1, app: "Fleet", version, sequence: Number(version.replaceAll(".", "")) },
    ...{ createdAtMs: 0, hedgerowVersionMin: "0.1.0", architectures: [], boards: [] },
    ...{ model: "fleet.riaps", deployment: "fleet.depl", code: "application.js" },
    ready: { deadlineMs: 20_000, settleMs: 3_000 },
    files: Object.entries(texts).map(([path, text]) =>
      bundledFile(path, new TextEncoder().encode(text), chunks),
    ),
    ...more,
  };
  const signed = openManifest(sealManifest(manifest, signer), signer.verify.bind(signer));
  assert(typeof signed === "object");
  return { ...signed, chunks };
}

export class SimulatedFleet {
  /** "board version" of every activation. */
  readonly active: string[] = [];
  readonly events: string[] = [];
  readonly lines: string[] = [];
  readonly sim: Simulation;
  readonly agents = new Map<string, Child>();
  #worldCount = 0;

  constructor(seed = 1) {
    this.sim = new Simulation({
      seed,
      programs: {
        actor: actorProgram((_app, codeUrl = "") => this.#load(codeUrl)),
        node: nodeProgram(
          () => Promise.reject(new Error("no ledger")),
          DeploymentManager.open.bind(DeploymentManager),
        ),
      },
      onRecord: (line) => this.lines.push(line),
    });
  }

  /** Four boards that have found each other. */
  static async open(seed = 1): Promise<SimulatedFleet> {
    const fleet = new SimulatedFleet(seed);
    for (const board of BOARDS) fleet.start(board);
    await fleet.sim.runFor(2_000);
    return fleet;
  }

  start(board: string): void {
    const options: NodeOptions = {
      ...{ board, cluster: "c", beaconUdpPort: 7, lasting: true },
      deployment: { trustText: TRUST, architecture: "arm", hedgerowVersion: "0.1.0" },
    };
    this.agents.set(board, this.sim.host(board).start({ program: "node", name: board, options }));
  }

  /** Takes the power from a board, and gives it back. */
  async reboot(board: string, offMs = 1_000): Promise<void> {
    this.sim.host(board).powerOff();
    await this.sim.runFor(offMs);
    this.start(board);
    await this.sim.runFor(2_000);
  }

  /** A world of a controller; its host can lose power. */
  controller(host = "laptop"): World {
    this.#worldCount += 1;
    return this.sim.host(host).openWorld(`controller${this.#worldCount}`);
  }

  /** Lets things happen until `work` is done. */
  async done<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const watched = work.finally(() => (isOver = true));
    watched.catch(() => undefined); // told by the return below
    await this.sim.runWhile(() => !isOver, 5_000_000);
    assert(isOver, "it never came to its end");
    return watched;
  }

  find(world = this.controller()): Promise<readonly FoundBoard[]> {
    const options = { cluster: "c", beaconUdpPort: 7, durationMs: 2_000 };
    return findBoards(world, options, new AbortController().signal);
  }

  /** Starts a rollout to all boards, in waves of one and the rest. */
  async roll(
    bundle: Bundle,
    { host = "laptop", ...more }: Partial<RolloutOptions> & { readonly host?: string } = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<RolloutOutcome> {
    const world = this.controller(host);
    const boards = await this.find(world);
    const names = boards.map(({ board }) => board);
    const waves = [names.slice(0, 1), names.slice(1)];
    const tell = ({ kind, board, detail = "" }: RolloutEvent): void =>
      void this.events.push(`${kind} ${board} ${detail}`.trim());
    return rollOut(world, { bundle, boards, waves, signer: LAPTOP, tell, ...more }, signal);
  }

  /** A rollout from its start to its end. */
  rolled(...options: Parameters<SimulatedFleet["roll"]>): Promise<RolloutOutcome> {
    return this.done(this.roll(...options));
  }

  /** One command to one board. */
  async command(board: string, command: Command, signer = LAPTOP): Promise<Answer> {
    const world = this.controller();
    return this.done(
      this.find(world).then(async (boards) => {
        const found = boards.find((each) => each.board === board);
        assert(found, `${board} was not found`);
        await using client = new BoardClient(world, found, signer);
        return await client.command(command);
      }),
    );
  }

  /** How the application stands on each board, in words. */
  async standing(): Promise<readonly string[]> {
    const said: string[] = [];
    for (const board of BOARDS) {
      const answer = await this.command(board, { op: "status" });
      assert(answer.kind === "apps");
      const app = answer.apps.find((each) => each.app === "Fleet");
      said.push(`${board} ${app === undefined ? "none" : words(app)}`);
    }
    return said;
  }

  /** Which version runs on each board, seen from its processes; "" for none. */
  running(): readonly string[] {
    return BOARDS.map((board) => {
      const pid = this.sim.host(board).pidOf(`${board}/w`);
      const last = this.active.findLast((line) => line.startsWith(`${board} `));
      return pid === undefined ? `${board} -` : (last ?? "");
    });
  }

  #load(codeUrl: string): Promise<Application> {
    const [, board = "", version = ""] = /^sim:\/\/(\w+)\/.*\/Fleet\/([\d.]+)-/.exec(codeUrl) ?? [];
    const say = (): void => void this.active.push(`${board} ${version}`);
    const beat = component({
      name: "Beat",
      ports: { beat: tim() },
      options: (parameters) => ({ sickness: textOption(parameters, "sickness") }),
      setup(_context, { sickness }) {
        let count = 0;
        return {
          handleActivate: say,
          handleHealth: () => (sickness === "unwell" ? "the meter does not answer" : true),
          on_beat() {
            count += 1;
            if (sickness === "crash" || (sickness === "late" && count === 6))
              throw new Error("sick as told");
          },
        };
      },
    });
    const application = { name: "Fleet", components: { Beat: beat } };
    // A version whose last digit is 9 never gets ready on board c.
    if (version.endsWith("9") && board === "c") return new Promise(() => undefined);
    return Promise.resolve(application);
  }
}

function words({ phase, current, trial, failed }: AppStatus): string {
  const version = (id: string | null): string => id?.split("-")[0] ?? "-";
  const more = [trial === null ? "" : ` on trial ${version(trial)}`];
  if (failed !== null) more.push(` failed ${version(failed.id)}`);
  return `${phase} ${version(current)}${more.join("")}`;
}
