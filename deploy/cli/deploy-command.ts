import { readFile } from "node:fs/promises";
import { type Bundle, decodeBundle } from "../../agent/bundle/bundle-file.ts";
import { REFUSALS } from "../../agent/bundle/refusals.ts";
import type { Identity } from "../../agent/core/identity.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import { namedBoards, placesEverywhere } from "../../agent/model/placement-rule.ts";
import { type RolloutEvent, rollOut } from "../fleet/rollout.ts";
import { wavesOf } from "../fleet/waves-rule.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import {
  controllerWorld,
  FLEET_HELP,
  FLEET_OPTIONS,
  foundBoards,
  keyOf,
  namedBoardsOf,
} from "./fleet-words.ts";
import { modelOf, PACK_HELP, PACK_OPTIONS, packed } from "./pack-words.ts";
import { readWords, textOf, type Values } from "./words.ts";

/** `hedgerow deploy`: a version onto all boards, or onto none. */
export const deployCommand: Command = {
  summary: "bring a version to boards: all of them keep it, or none does",
  help: `hedgerow deploy APP-VERSION.hgb --key FILE [options]
hedgerow deploy DEPLOYMENT.depl --key FILE [options]

Brings a bundle to the boards of its deployment; a .depl file is packed first, with the model beside it.
Only pieces that a board does not have travel, and boards of a later wave get them from earlier ones. Each
board installs it beside what runs, switches, and tries it: every actor has to be active, every component
with a handler handleHealth has to return true, and none may end. When all boards are healthy they keep
it; when one is not, or does not answer, or you press Ctrl-C, all go back to what they ran before. They do
so by themselves when this command dies.

  --wave 1,3,rest       so many boards first, then so many, then all others; default: all at once
  --allow-downgrade     also a version older than what the boards have had; takes the role admin
  --json                what became of each board, as JSON
${FLEET_HELP}

For a .depl file:
${PACK_HELP}

Exit status: 0 all boards run it, 1 none does (or the model has errors), 2 wrong usage, 130 interrupted.`,
  async run(words, terminal) {
    const { values, positionals } = readWords(words, {
      ...{ ...PACK_OPTIONS, ...FLEET_OPTIONS, wave: { type: "string" } },
      ...{ "allow-downgrade": { type: "boolean" }, json: { type: "boolean" } },
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0)
      throw new UsageError("deploy takes a bundle (.hgb) or a deployment (.depl)");
    const signer = keyOf(values);
    const bundle = await bundleOf(path, { values, signer, terminal });
    if (bundle === undefined) return EXIT.failed;
    const world = controllerWorld(values);
    const boards = await foundBoards(world, values, { wanted: wantedOf(bundle, values), terminal });
    if (boards === undefined) return EXIT.failed;
    const names = boards.map(({ board }) => board);
    const waves = wavesOf(names, textOf(values, "wave"));
    if (typeof waves === "string") throw new UsageError(waves);
    const options = {
      ...{ bundle, boards, waves, signer, allowsDowngrade: values["allow-downgrade"] === true },
      tell: (event: RolloutEvent) => void terminal.err.write(`${eventText(event)}\n`),
    };
    const outcome = await rollOut(world, options, terminal.signal);
    const { app, version } = bundle.manifest;
    if (values["json"] === true)
      terminal.out.write(`${JSON.stringify({ app, version, ...outcome }, undefined, 1)}\n`);
    else
      for (const { board, result, detail } of outcome.boards)
        terminal.out.write(
          `${board}: ${[result, detail].filter((word) => word !== "").join(", ")}\n`,
        );
    if (outcome.isDone) return EXIT.ok;
    return terminal.signal.aborted ? EXIT.interrupted : EXIT.failed;
  },
};

/** Where it goes unless a person says otherwise: the boards that its deployment names, else all. */
function wantedOf({ manifest, chunks }: Bundle, values: Values): readonly string[] {
  const named = namedBoardsOf(values);
  if (named.length > 0) return named;
  const file = manifest.files.find(({ path }) => path === manifest.deployment);
  const pieces = (file?.chunks ?? []).map(({ hash }) => chunks.get(hash) ?? new Uint8Array());
  const read = parseDeployment(Buffer.concat(pieces).toString(), manifest.deployment);
  return read.ok && !placesEverywhere(read.value) ? namedBoards(read.value) : [];
}

async function bundleOf(
  path: string,
  more: { readonly values: Values; readonly signer: Identity; readonly terminal: Terminal },
): Promise<Bundle | undefined> {
  const { signer, terminal, values } = more;
  const misplaced = Object.keys(PACK_OPTIONS).find((name) => values[name] !== undefined);
  if (misplaced !== undefined && !path.endsWith(".depl"))
    throw new UsageError(`--${misplaced} goes with a .depl file: a bundle is as it was packed`);
  const bytes = path.endsWith(".depl")
    ? (await packed({ modelPath: await modelOf(path), deploymentPath: path }, more))?.bytes
    : await fileAt(path);
  if (bytes === undefined) return undefined;
  const bundle = decodeBundle(bytes, signer.verify.bind(signer));
  if (typeof bundle !== "string") return bundle;
  terminal.err.write(`hedgerow: ${path}: ${bundle}: ${REFUSALS[bundle]}\n`);
  return undefined;
}

async function fileAt(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function eventText({
  kind,
  board,
  detail,
  sentCount,
  sentBytes,
  gatheredCount,
}: RolloutEvent): string {
  const chunks =
    sentCount === undefined
      ? ""
      : `${sentCount} chunks (${sentBytes ?? 0} bytes) sent, ${gatheredCount ?? 0} from other boards`;
  return `${board}: ${[kind, detail ?? chunks].filter((word) => word !== "").join(", ")}`;
}
