// Goal: every body of Files keeps what was written, in order, and refuses names that are none.
// Method: the same claims in a fresh world of each body.
// Seed: none.
import assert from "node:assert/strict";
import type { Files } from "./files.ts";
import { type RunIn, utf8 } from "./run-in-world.contract.ts";
import { hasCode } from "./store.contract.ts";

export function filesContract(name: string, run: RunIn<"files">): void {
  describe(`files contract: ${name}`, () => {
    it("gives back what was written, in order, also before the file is closed", () =>
      run(async ({ files }) => {
        await using file = await files.create("a-1_b.mcap");
        const written = Array.from({ length: 100 }, (_, index) => file.write(utf8(`${index},`)));
        await Promise.all(written);
        const expected = Array.from({ length: 100 }, (_, index) => `${index},`).join("");
        assert.equal(await textOf(files, "a-1_b.mcap"), expected);
        await file[Symbol.asyncDispose]();
        await file[Symbol.asyncDispose]();
        assert.equal(await textOf(files, "a-1_b.mcap"), expected);
      }));

    it("a new file takes the place of an old one of its name", () =>
      run(async ({ files }) => {
        for (const text of ["long enough", "short"]) {
          await using file = await files.create("again");
          await file.write(utf8(text));
        }
        assert.equal(await textOf(files, "again"), "short");
      }));

    it("refuses what is missing, and names that could leave the folder", () =>
      run(async ({ files }) => {
        await assert.rejects(textOf(files, "none"), hasCode("FILE_MISSING"));
        for (const bad of ["", ".", "..", "../up", "a/b", ".hidden", "x".repeat(300), "a\0b"]) {
          await assert.rejects(files.create(bad), hasCode("FILE_NAME_INVALID"));
          await assert.rejects(textOf(files, bad), hasCode("FILE_NAME_INVALID"));
        }
      }));
  });
}

async function textOf(files: Files, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of files.read(name)) text += decoder.decode(piece, { stream: true });
  return text;
}
