import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DEADLINE_MS_MAX, SETTLE_MS_MAX } from "../../agent/bundle/manifest.ts";
import { isVersion } from "../../agent/bundle/version.ts";
import type { Identity } from "../../agent/core/identity.ts";
import { hasErrors } from "../../agent/model/problem.ts";
import { PackError } from "../fleet/code-files.ts";
import { type Packed, pack } from "../fleet/pack.ts";
import { type Terminal, UsageError } from "./command.ts";
import { readModel } from "./read-model.ts";
import { hedgerowVersion } from "./version-text.ts";
import { listOption, textOf, type Values, wholeOption } from "./words.ts";

const DEADLINE_S = 30;
const SETTLE_S = 3;
const string = { type: "string" } as const;

/** Options that say what goes into a bundle. */
export const PACK_OPTIONS = {
  ...{ code: string, version: string, arch: string, only: string, sequence: string },
  ...{ data: { ...string, multiple: true }, "ready-within": string, settle: string },
} as const;

/** What the help says of these. */
export const PACK_HELP = `  --version V           semantic version, such as 1.4.0; default: that of package.json beside the model
  --code FILE           compiled module that exports \`application\`; default application.js beside the
                        model, else an application of the agent's build
  --data PATH           a file or folder beside the model that the application reads; may be repeated
  --arch A,B            architectures as Node names them (arm, arm64, x64); default: any
  --only A,B            boards that may install it; default: any
  --ready-within N      seconds for every actor to be active and every component to be healthy; default ${DEADLINE_S}
  --settle N            seconds in which none may end after that; default ${SETTLE_S}
  --sequence N          grows with every bundle; default: ms since 1970 (of SOURCE_DATE_EPOCH, if set)`;

/** Packs as the words say. Undefined when the model has errors, which are told. @throws UsageError */
export async function packed(
  { modelPath, deploymentPath }: { readonly modelPath: string; readonly deploymentPath: string },
  {
    values,
    signer,
    terminal,
  }: { readonly values: Values; readonly signer: Identity; readonly terminal: Terminal },
): Promise<Packed | undefined> {
  const { app, problems, problemTexts } = await readModel(modelPath, deploymentPath);
  for (const text of problemTexts) terminal.err.write(`${text}\n`);
  if (app === undefined || hasErrors(problems)) return undefined;
  const epochS = process.env["SOURCE_DATE_EPOCH"];
  const nowMs = epochS === undefined ? Date.now() : Number(epochS) * 1000;
  const max = Number.MAX_SAFE_INTEGER;
  try {
    return await pack({
      ...{ app, modelPath, deploymentPath, signer },
      codePath: textOf(values, "code"),
      dataPaths: listOption(values, "data"),
      version: versionOf(values, modelPath),
      sequence: wholeOption(values, "sequence", { min: 0, max, fallback: nowMs }),
      createdAtMs: nowMs,
      hedgerowVersionMin: hedgerowVersion(),
      architectures: listed(values, "arch"),
      boards: listed(values, "only"),
      ready: {
        deadlineMs: msOf(values, "ready-within", { maxMs: DEADLINE_MS_MAX, fallback: DEADLINE_S }),
        settleMs: msOf(values, "settle", { maxMs: SETTLE_MS_MAX, fallback: SETTLE_S }),
      },
    });
  } catch (error) {
    if (error instanceof PackError) throw new UsageError(error.message);
    throw error;
  }
}

/** The model of a deployment: the only one in its folder whose application has that name. @throws UsageError */
export async function modelOf(deploymentPath: string): Promise<string> {
  const folder = dirname(deploymentPath);
  if (!existsSync(deploymentPath)) throw new UsageError(`there is no file ${deploymentPath}`);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".riaps")).sort();
  const fitting: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const { app, deployment } = await readModel(path, deploymentPath);
    if (app !== undefined && app.name === deployment?.appName) fitting.push(path);
  }
  const [only, second] = fitting;
  if (only !== undefined && second === undefined) return only;
  const what = only === undefined ? "no model of its application" : fitting.join(", ");
  throw new UsageError(`beside ${deploymentPath} there is ${what}; hedgerow pack names both`);
}

function versionOf(values: Values, modelPath: string): string {
  const about = join(dirname(modelPath), "package.json");
  const given = textOf(values, "version");
  const { version: own } = existsSync(about)
    ? (JSON.parse(readFileSync(about, "utf8")) as { readonly version?: string })
    : {};
  const version = given ?? own;
  if (version === undefined)
    throw new UsageError("--version says which version it is, such as 1.0.0");
  if (!isVersion(version))
    throw new UsageError(`${version} is no version such as 1.4.0 or 2.0.0-rc.1`);
  return version;
}

function listed(values: Values, name: string): readonly string[] {
  return (textOf(values, name) ?? "").split(",").filter((word) => word !== "");
}

function msOf(
  values: Values,
  name: string,
  { maxMs, fallback }: { readonly maxMs: number; readonly fallback: number },
): number {
  return wholeOption(values, name, { min: 0, max: maxMs / 1000, fallback }) * 1000;
}
