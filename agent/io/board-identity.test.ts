// Goal: a board's key is made once, for its owner's eyes alone, and signs as RFC 8032 says.
// Method: the contract over files in a temporary folder; the first test vector of the RFC; damaged files.
// Seed: none.
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityContract } from "../core/identity.contract.ts";
import { hasCode } from "../core/store.contract.ts";
import { BoardIdentity } from "./board-identity.ts";

describe("board identity", () => {
  const folder = mkdtempSync(join(tmpdir(), "hedgerow-identity-"));
  after(() => rmSync(folder, { recursive: true }));
  identityContract("key file", (board) => new BoardIdentity(join(folder, board, "board.key")));

  it("the file is its owner's alone, and anything else in it is refused", () => {
    const path = join(folder, "board.key");
    assert.equal(new BoardIdentity(path).publicKey.byteLength, 32);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    writeFileSync(path, "no key");
    assert.throws(() => new BoardIdentity(path).publicKey, hasCode("IDENTITY_UNREADABLE"));
  });

  it("without a file it has a key of its own for as long as it lives", () => {
    const [one, other] = [new BoardIdentity(), new BoardIdentity()];
    assert.deepEqual(one.publicKey, one.publicKey);
    assert.notDeepEqual(one.publicKey, other.publicKey);
    const message = new Uint8Array(3);
    assert.equal(other.verify(one.publicKey, message, one.sign(message)), true);
  });

  it("signs as RFC 8032 has it (7.1, test 1)", () => {
    const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex");
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const path = join(folder, "rfc.key");
    writeFileSync(path, key.export({ type: "pkcs8", format: "pem" }));
    const identity = new BoardIdentity(path);
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
    assert.equal(
      hex(identity.publicKey),
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    );
    assert.match(
      hex(identity.sign(new Uint8Array())),
      /^e5564300c360ac729086e2cc806e828a84877f1eb8e5d974/,
    );
  });
});
