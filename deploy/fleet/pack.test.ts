// Goal: what is packed is what a board needs, the same input gives the same bytes, and what cannot run there is told here.
// Method: small modules in a temporary folder; the rules of waves case by case.
// Seed: none.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeBundle } from "../../agent/bundle/bundle-file.ts";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { inFolder } from "../../agent/io/temporary-folder.contract.ts";
import { parseApp } from "../../agent/model/parse-app.ts";
import { codeFiles, PackError } from "./code-files.ts";
import { type PackOptions, pack } from "./pack.ts";
import { wavesOf } from "./waves-rule.ts";

const MODEL = `language hedgerow 1;
app Small { component One { timer beat 1 sec; } actor A { { one : One; } } }
`;

async function written(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const FILES = {
  "small.riaps": MODEL,
  "small.depl": "app Small { on (a) A; }\n",
  "out/application.js": 'export { application } from "./parts/one.js";\nimport "node:path";\n',
  "out/parts/one.js": "export const application = { name: 'Small', components: { One: {} } };\n",
  "out/unused.js": "",
  "data/deep/table.csv": "1,2\n",
};

function optionsOf(folder: string, more: Partial<PackOptions> = {}): PackOptions {
  const app = parseApp(MODEL, "small.riaps");
  assert(app.ok);
  return {
    ...{ app: app.value, modelPath: join(folder, "small.riaps") },
    ...{ deploymentPath: join(folder, "small.depl"), codePath: join(folder, "out/application.js") },
    ...{ dataPaths: [join(folder, "data")], signer: new BoardIdentity(join(folder, "key")) },
    ...{ version: "1.0.0", sequence: 1, createdAtMs: 2, hedgerowVersionMin: "0.1.0" },
    ...{ architectures: [], boards: [], ready: { deadlineMs: 1, settleMs: 1 } },
    ...more,
  };
}

describe("pack", () => {
  it("packs a model, a deployment, the modules that are imported, and data; twice the same bytes", () =>
    inFolder(async (folder) => {
      await written(folder, FILES);
      const { manifest, bytes } = await pack(optionsOf(folder));
      assert.deepEqual(
        manifest.files.map(({ path }) => path),
        [
          ...["small.riaps", "small.depl", "data/deep/table.csv"],
          ...["code/application.js", "code/parts/one.js", "code/package.json"],
        ],
      );
      assert.equal(manifest.code, "code/application.js");
      assert.deepEqual((await pack(optionsOf(folder))).bytes, bytes);
      const key = new BoardIdentity(join(folder, "key"));
      const read = decodeBundle(bytes, key.verify.bind(key));
      assert(typeof read === "object");
      assert.deepEqual(read.manifest, manifest);
    }));

  it("says what is missing, and what a board would not have", () =>
    inFolder(async (folder) => {
      await written(folder, FILES);
      const refuses = async (more: Partial<PackOptions>, pattern: RegExp): Promise<void> => {
        await assert.rejects(pack(optionsOf(folder, more)), (error: unknown) => {
          assert(error instanceof PackError, String(error));
          assert.match(error.message, pattern);
          return true;
        });
      };
      await refuses({ codePath: join(folder, "none.js") }, /there is no file/);
      await refuses({ codePath: undefined }, /compile the application/);
      await refuses({ dataPaths: [dirname(folder)] }, /does not lie beside the model/);
      await refuses({ dataPaths: [join(folder, "no")] }, /there is no/);
      await refuses({ dataPaths: [join(folder, "small.depl")] }, /two files/);
      await written(folder, {
        "bad name": "",
        "out/empty.js": "",
        "out/half.js": "export const application = { components: {} };",
      });
      await refuses({ dataPaths: [join(folder, "bad name")] }, /names have letters/);
      await refuses({ codePath: join(folder, "out/empty.js") }, /exports no `application`/);
      await refuses({ codePath: join(folder, "out/half.js") }, /no code for One/);
      for (const [text, pattern] of [
        ['import x from "left-pad";', /bundle the code into one module/],
        ['import("@a/b")', /bundle the code into one module/],
        ['export * from "../up.js";', /lies outside/],
        ['import { a,\n b } from "./gone.js";', /which is not there/],
      ] as const) {
        await written(folder, { "out/bad.js": text });
        await assert.rejects(codeFiles(join(folder, "out/bad.js")), pattern);
      }
    }));
});

describe("waves", () => {
  const boards = ["a", "b", "c", "d", "e"];
  it("are so many boards, then so many, then the rest", () => {
    assert.deepEqual(wavesOf(boards, undefined), [boards]);
    assert.deepEqual(wavesOf(boards, "1,3,rest"), [["a"], ["b", "c", "d"], ["e"]]);
    assert.deepEqual(wavesOf(boards, "2,3"), [
      ["a", "b"],
      ["c", "d", "e"],
    ]);
    assert.deepEqual(wavesOf(boards, "9"), [boards]);
  });

  it("leave nobody out, and say what is wrong", () => {
    assert.match(String(wavesOf(boards, "1,3")), /leaves out e: end it with rest/);
    assert.match(String(wavesOf(boards, "rest,1")), /rest comes last/);
    for (const bad of ["", "0", "-1", "1,,2", "x"])
      assert.match(String(wavesOf(boards, bad)), /takes numbers/, bad);
  });
});
