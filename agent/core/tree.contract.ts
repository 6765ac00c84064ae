// Goal: every body of Tree keeps files, folders and names as its interface says, and refuses what is no path.
// Method: the same claims in a fresh world of each body.
// Seed: none.
import assert from "node:assert/strict";
import { fromUtf8, type RunIn, utf8 } from "./run-in-world.contract.ts";
import { hasCode } from "./store.contract.ts";
import { removeAll, type Tree } from "./tree.ts";
import { treeAssets } from "./tree-assets.ts";

export function treeContract(name: string, run: RunIn<"tree">): void {
  describe(`tree contract: ${name}`, () => {
    it("gives back what was written, and parts of it", () =>
      run(async ({ tree }) => {
        assert.equal(await tree.read("a"), undefined);
        await tree.write("a", utf8("0123456789"));
        await tree.sync("a");
        await tree.sync("");
        assert.equal(await textOf(tree, "a"), "0123456789");
        const part = await tree.read("a", { offsetBytes: 3, sizeBytes: 4 });
        assert.equal(fromUtf8(part), "3456");
        const rest = await tree.read("a", { offsetBytes: 8, sizeBytes: 4 });
        assert.equal(fromUtf8(rest), "89");
        await tree.write("a", utf8("x"));
        assert.equal(await textOf(tree, "a"), "x");
        await tree.write("empty", new Uint8Array());
        assert.deepEqual(await tree.read("empty"), new Uint8Array());
      }));

    it("keeps folders, and lists what they hold by name", () =>
      run(async ({ tree }) => {
        assert.deepEqual(await tree.list(""), []);
        assert.equal(await tree.list("f"), undefined);
        await tree.makeFolder("f");
        await tree.makeFolder("f");
        await tree.makeFolder("f/sub");
        await tree.write("f/b", utf8("b"));
        await tree.write("f/a", utf8("a"));
        await tree.sync("f");
        assert.deepEqual(await tree.list("f"), [
          { name: "a", isFolder: false },
          { name: "b", isFolder: false },
          { name: "sub", isFolder: true },
        ]);
        assert.equal(await tree.list("f/a"), undefined);
        assert.equal(await tree.read("f/sub"), undefined);
        await removeAll(tree, "f");
        await removeAll(tree, "f");
        assert.deepEqual(await tree.list(""), []);
      }));

    it("renames files over files, and whole folders", () =>
      run(async ({ tree }) => {
        await tree.write("old", utf8("old"));
        await tree.write("new", utf8("new"));
        await tree.rename("new", "old");
        assert.equal(await textOf(tree, "old"), "new");
        assert.equal(await tree.read("new"), undefined);
        await tree.makeFolder("from");
        await tree.write("from/file", utf8("in it"));
        await tree.rename("from", "to");
        assert.equal(await textOf(tree, "to/file"), "in it");
        assert.equal(await tree.list("from"), undefined);
        await tree.remove("to/file");
        await tree.remove("to/file");
        await tree.remove("to");
        assert.equal(await tree.list("to"), undefined);
      }));

    it("says what is missing, and refuses what is no path", () =>
      run(async ({ tree }) => {
        await assert.rejects(tree.write("no/file", utf8("")), hasCode("FILE_MISSING"));
        await assert.rejects(tree.rename("no", "other"), hasCode("FILE_MISSING"));
        await assert.rejects(tree.sync("no"), hasCode("FILE_MISSING"));
        await assert.rejects(tree.makeFolder("no/folder"), hasCode("FILE_MISSING"));
        for (const bad of [".", "..", "../up", "a/../b", "/a", "a//b", "a/", "a\0b", "ä", "a b"])
          await assert.rejects(tree.write(bad, utf8("")), hasCode("FILE_NAME_INVALID"), bad);
        await assert.rejects(tree.read("../up"), hasCode("FILE_NAME_INVALID"));
      }));

    it("is where an application finds what it carries", () =>
      run(async ({ tree }) => {
        await tree.makeFolder("app");
        await tree.write("app/data.txt", utf8("ä"));
        await tree.write("secret", utf8("s"));
        const assets = treeAssets(tree, "app");
        assert.equal(await assets.text("./data.txt"), "ä");
        for (const bad of ["none", "../secret", "", "/secret"])
          await assert.rejects(assets.text(bad), hasCode("ASSET_MISSING"), bad);
      }));

    it("has a URL for every path, which ends with it", () =>
      run(({ tree }) => {
        assert.match(tree.urlOf("a/b.js"), /^[a-z]+:\/\/.*\/a\/b\.js$/);
        return Promise.resolve();
      }));
  });
}

async function textOf(tree: Tree, path: string): Promise<string | undefined> {
  return fromUtf8(await tree.read(path));
}
