import { nodeCommand } from "../cli/node-command.ts";
import { runCommandLine } from "../cli/run-command-line.ts";

// `hedgerow` on a board. The agent starts with every boot and stays: it reads no code of other commands.

if (process.argv[2] === "node") await runCommandLine({ node: nodeCommand });
else await import("../cli/hedgerow.ts");
