import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { CONTROL_SOCKET } from "../../agent/control/control-server.ts";
import { BEACON_UDP_PORT } from "../../agent/discovery/discovery.ts";
import { controlFolder } from "../../agent/io/real-world.ts";
import { PROGRAMS } from "../../agent/main.ts";
import type { ApplicationTexts } from "../../agent/node/application-files.ts";
import type { NodeOptions } from "../../agent/node/node-options.ts";
import { processWorld } from "../process/process-world.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { serveMetrics } from "./metrics-server.ts";
import { codeUrlOf, readModel } from "./read-model.ts";
import { hedgerowVersion } from "./version-text.ts";
import { readWords, textOf, wholeOption } from "./words.ts";

const CHAIN_ID = 102_011;

/** `hedgerow node`: a board's agent. */
export const nodeCommand: Command = {
  summary: "run this board's agent: discovery, ledger manager, and the actors placed here",
  help: `hedgerow node [options]

Runs until Ctrl-C. Agents of one cluster find each other by UDP beacons on their network, and connect
the ports of their actors. When the agent is killed its actors work on, and the next one that is started
with the same name and data folder takes them over; Ctrl-C stops them too.

  --name NAME           the board's name, as the deployment has it; default: the host's name
  --cluster NAME        agents of other clusters are not heard; default "default"
  --host ADDRESS        this board's address on its network; default 127.0.0.1
  --broadcast ADDRESS   that network's broadcast address; default 127.255.255.255
  --udp-port N          port of the beacons; default ${BEACON_UDP_PORT}
  --model FILE          the application's .riaps file; its folder holds the application's files
  --deployment FILE     the .depl file
  --code FILE           compiled module that exports \`application\`; default application.js beside the
                        model, else an application of this build
  --ledger URL          JSON-RPC of the ledger, such as ws://127.0.0.1:8545
  --chain-id N          default ${CHAIN_ID}
  --metrics-port N      serves http://127.0.0.1:N/metrics for Prometheus; default: nowhere
  --trust FILE          take applications in from those whom this file names; see hedgerow key, deploy
  --data FOLDER         where the board keeps its keys and its outbox; default ./node-data`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const { values } = readWords(words, {
      ...{ name: string, cluster: string, host: string, broadcast: string, "udp-port": string },
      ...{ model: string, deployment: string, ledger: string, "chain-id": string, data: string },
      ...{ code: string, trust: string, "metrics-port": string },
    });
    const board = textOf(values, "name") ?? hostname();
    const model = textOf(values, "model");
    const url = textOf(values, "ledger");
    const chainId = wholeOption(values, "chain-id", { min: 1, max: 2 ** 48, fallback: CHAIN_ID });
    const application = await readApplication(model, textOf(values, "deployment"));
    const code = textOf(values, "code");
    if (code !== undefined && model === undefined)
      throw new UsageError("--code goes with --model and --deployment");
    const codeUrl = model === undefined ? undefined : codeUrlOf(model, code);
    const options: NodeOptions = {
      board,
      cluster: textOf(values, "cluster") ?? "default",
      beaconUdpPort: wholeOption(values, "udp-port", {
        ...{ min: 1, max: 65_535 },
        fallback: BEACON_UDP_PORT,
      }),
      lasting: true,
      control: {},
      ...(application === undefined ? {} : { application }),
      ...(codeUrl === undefined ? {} : { codeUrl }),
      ...deploymentOf(textOf(values, "trust")),
      ...(url === undefined ? {} : { ledger: { url, chainId } }),
    };
    const dataFolder = resolve(textOf(values, "data") ?? "node-data");
    const { world } = processWorld(board, {
      host: textOf(values, "host") ?? "127.0.0.1",
      broadcastHost: textOf(values, "broadcast") ?? "127.255.255.255",
      assetsFolder: resolve(model === undefined ? "." : dirname(model)),
      dataFolder,
      ...{ levelMin: "info", logicalUtcUs: undefined, keepsLogs: true },
    });
    const channel = {
      send: (message: unknown) => terminal.out.write(`${JSON.stringify(message)}\n`),
      receive: () => undefined,
    };
    const metricsPort = wholeOption(values, "metrics-port", {
      ...{ min: 1, max: 65_535 },
      fallback: undefined,
    });
    const socket = join(controlFolder(join(dataFolder, board)), `${CONTROL_SOCKET}.sock`);
    await using _metrics =
      metricsPort === undefined ? undefined : await serveMetrics(metricsPort, socket);
    await PROGRAMS["node"]?.(world, options, channel, terminal.signal);
    return EXIT.ok;
  },
};

/** What a board that takes applications in is told. @throws UsageError when the trust file cannot be read. */
function deploymentOf(trust: string | undefined): Pick<NodeOptions, "deployment"> {
  if (trust === undefined) return {};
  if (!existsSync(trust))
    throw new UsageError(
      `there is no trust file ${trust}; hedgerow key --help says how to make one`,
    );
  return {
    deployment: {
      trustText: readFileSync(trust, "utf8"),
      architecture: process.arch,
      hedgerowVersion: hedgerowVersion(),
      doorUrl: new URL("../../agent/application.js", import.meta.url).href,
    },
  };
}

async function readApplication(
  model: string | undefined,
  deployment: string | undefined,
): Promise<ApplicationTexts | undefined> {
  if (model === undefined && deployment === undefined) return undefined;
  if (model === undefined || deployment === undefined)
    throw new UsageError("--model and --deployment go together");
  return (await readModel(model, deployment)).texts;
}
