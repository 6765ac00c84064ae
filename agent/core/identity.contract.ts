// Goal: every body of Identity makes signatures that hold for its own key and message, and for nothing else.
// Method: examples, and every single byte changed once.
// Seed: none.
import assert from "node:assert/strict";
import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "./identity.ts";
import { utf8 } from "./run-in-world.contract.ts";

/** @param open the identity of one of two boards. */
export function identityContract(name: string, open: (board: string) => Identity): void {
  describe(`identity contract: ${name}`, () => {
    it("is the same after a restart of the board, and another one on another board", () => {
      assert.equal(open("a").publicKey.byteLength, PUBLIC_KEY_BYTES);
      assert.deepEqual(open("a").publicKey, open("a").publicKey);
      assert.notDeepEqual(open("a").publicKey, open("b").publicKey);
    });

    it("a signature holds for its board and its message, and for no changed byte", () => {
      const [a, b] = [open("a"), open("b")];
      const message = utf8("a reading of 1,200 Wh");
      const signature = a.sign(message);
      assert.equal(signature.byteLength, SIGNATURE_BYTES);
      assert.equal(b.verify(a.publicKey, message, signature), true);
      assert.equal(b.verify(b.publicKey, message, signature), false);
      const parts = [a.publicKey, message, signature] as const;
      for (const [place, part] of parts.entries())
        for (let at = 0; at < part.byteLength; at += 1) {
          const changed = parts.map((each) => each.slice()) as [Uint8Array, Uint8Array, Uint8Array];
          const bytes = changed[place] ?? assert.fail();
          bytes[at] = (bytes[at] ?? 0) ^ 1;
          assert.equal(b.verify(...changed), false, `byte ${at} of part ${place}`);
        }
    });

    it("what is no key and no signature does not hold", () => {
      const a = open("a");
      const message = utf8("m");
      for (const length of [0, 31, 33, 63, 65]) {
        assert.equal(a.verify(new Uint8Array(length), message, a.sign(message)), false);
        assert.equal(a.verify(a.publicKey, message, new Uint8Array(length)), false);
      }
      assert.equal(a.verify(new Uint8Array(32).fill(255), message, a.sign(message)), false);
    });
  });
}
