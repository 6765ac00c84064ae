// Goal: every body of Nics tells what is there, and each change once.
// Method: one claim, with interfaces that the body's test sets.
// Seed: none.
import assert from "node:assert/strict";
import type { Nic, Nics } from "./nics.ts";
import { Inbox } from "./run-in-world.contract.ts";

/** Interfaces in the hands of a test. */
export interface NicsInHand {
  readonly nics: Nics;
  /** undefined: it is taken out. */
  readonly set: (name: string, isUp: boolean | undefined) => void;
}

export function nicsContract(
  name: string,
  run: (body: (hand: NicsInHand) => Promise<void>) => Promise<void>,
): void {
  describe(`nics contract: ${name}`, function () {
    this.timeout(30_000);
    it("tells every interface at first, then changes alone, until it is stopped", () =>
      run(async ({ nics, set }) => {
        set("eth0", true);
        set("wlan0", false);
        const stop = new AbortController();
        const inbox = new Inbox<Nic>();
        nics.watch(inbox.push, stop.signal);
        const first = await inbox.take(2);
        first.sort((one, other) => (one.name < other.name ? -1 : 1));
        assert.deepEqual(first, [
          { name: "eth0", isUp: true },
          { name: "wlan0", isUp: false },
        ]);
        set("eth0", true);
        set("wlan0", true);
        assert.deepEqual(await inbox.next(), { name: "wlan0", isUp: true });
        set("eth0", undefined);
        assert.deepEqual(await inbox.next(), { name: "eth0", isUp: false });
        set("usb0", true);
        assert.deepEqual(await inbox.next(), { name: "usb0", isUp: true });
        stop.abort();
        const late = new Inbox<Nic>();
        const end = new AbortController();
        set("usb0", false);
        nics.watch(late.push, end.signal);
        await late.take(2);
        end.abort();
        assert.equal(inbox.waiting, 0);
      }));
  });
}
