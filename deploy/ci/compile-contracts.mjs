// Compiles the contracts of applications into artefacts that the code imports: `npm run contracts`.
// Boards never compile; a fresh clone compiles once, and again only when a source or a setting changes.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What is compiled: `contract` out of all `*.sol` files of `folder`, into `folder`/generated/`artefact`. */
const CONTRACTS = [
  {
    folder: new URL("../../actors/transax/contracts/", import.meta.url).pathname,
    contract: "Market",
    artefact: "market-artefact.ts",
    name: "market",
  },
];

/** London: the newest rules that every chain we run on knows. The optimiser needs viaIR: dense code. */
const SETTINGS = {
  viaIR: true,
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "london",
  metadata: { bytecodeHash: "none", appendCBOR: false },
};

/** EIP-170: real nodes refuse larger contracts. */
const CODE_BYTES_MAX = 24_576;

async function readSources(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sol")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return Object.fromEntries(names.map((name, at) => [name, { content: texts[at] }]));
}

function compile(solc, sources, { contract }) {
  const input = {
    language: "Solidity",
    sources,
    settings: {
      ...SETTINGS,
      outputSelection: {
        "*": { [contract]: ["abi", "evm.bytecode.object", "evm.deployedBytecode"] },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const messages = (output.errors ?? []).map((error) => error.formattedMessage);
  if (messages.length > 0) throw new Error(messages.join("\n"));
  return output.contracts[`${contract}.sol`][contract];
}

function render(compiled, { name }, compiler, hash) {
  return `// Written by deploy/ci/compile-contracts.mjs from the contracts beside this folder: do not edit.
// hash ${hash}
export const ${name}Abi = ${JSON.stringify(compiled.abi, undefined, 2)} as const;

export const ${name}Bytecode = "0x${compiled.evm.bytecode.object}" as const;

export const ${name}Compiler = ${JSON.stringify(compiler, undefined, 2)} as const;
`;
}

async function build(task) {
  const sources = await readSources(task.folder);
  const { version } = JSON.parse(
    await readFile(new URL("../../node_modules/solc/package.json", import.meta.url), "utf8"),
  );
  const self = await readFile(new URL(import.meta.url), "utf8");
  const hash = createHash("sha256")
    .update(JSON.stringify([sources, SETTINGS, version, self]))
    .digest("hex");
  const target = join(task.folder, "generated", task.artefact);
  const before = await readFile(target, "utf8").catch((error) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (before.includes(`// hash ${hash}\n`)) return;
  const { default: solc } = await import("solc");
  const compiled = compile(solc, sources, task);
  const codeBytes = compiled.evm.deployedBytecode.object.length / 2;
  if (codeBytes > CODE_BYTES_MAX) {
    throw new Error(`${task.contract} has ${codeBytes} bytes of code, at most ${CODE_BYTES_MAX}`);
  }
  await mkdir(join(task.folder, "generated"), { recursive: true });
  const compiler = { version: solc.version(), settings: SETTINGS, codeBytes };
  await writeFile(target, render(compiled, task, compiler, hash));
  console.log(`${task.contract}: ${codeBytes} bytes of code, ${solc.version()}`);
}

for (const task of CONTRACTS) {
  try {
    await build(task);
  } catch (error) {
    console.error(String(error instanceof Error ? error.message : error));
    process.exitCode = 1;
  }
}
