// Goal: an application counts as connected when every actor runs and every port knows all that it may connect to,
// not sooner, and no longer once a part of it has died.
// Method: the table alone, told what actors and agents say. Seed: none.
import assert from "node:assert/strict";
import { LinkTable } from "./link-table.ts";

const SENDER = { board: "north", actor: "Sender" };
const RECEIVER = { board: "south", actor: "Receiver" };
const BOTH = [SENDER, RECEIVER];
const [key, port] = ["App/pub/Tick", "sink/tick"];

function running(): LinkTable {
  const links = new LinkTable();
  for (const place of BOTH) {
    links.started(place);
    links.told(place, { kind: "active" });
  }
  links.told(SENDER, { kind: "provide", key, endpoint: "tcp://1" });
  links.told(RECEIVER, { kind: "require", port, key });
  links.heard(RECEIVER, { kind: "peers", port, endpoints: ["tcp://1"] });
  return links;
}

describe("link table", () => {
  it("misses actors that have not started, or are not active", () => {
    const links = new LinkTable();
    links.started(SENDER);
    const missing = ["north/Sender is not active", "south/Receiver is not active"];
    assert.deepEqual(links.missing(BOTH), missing);
    links.told(SENDER, { kind: "active" });
    assert.deepEqual(links.missing(BOTH), missing.slice(1));
  });

  it("misses nothing when each port was told all providers of its key", () => {
    assert.deepEqual(running().missing(BOTH), []);
  });

  it("misses a provider that a port was not told, and not one that is withdrawn", () => {
    const links = running();
    links.told(SENDER, { kind: "provide", key, endpoint: "tcp://2" });
    assert.deepEqual(links.missing(BOTH), [
      "south/Receiver/sink.tick does not know all that it may connect to",
    ]);
    links.told(SENDER, { kind: "withdraw", key, endpoint: "tcp://2" });
    assert.deepEqual(links.missing(BOTH), []);
    links.told(SENDER, { kind: "provide", key: "App/pub/Other", endpoint: "tcp://3" });
    assert.deepEqual(links.missing(BOTH), []);
  });

  it("does not wait for a port that asks no more", () => {
    const links = running();
    links.heard(RECEIVER, { kind: "peers", port, endpoints: [] });
    assert.equal(links.missing(BOTH).length, 1);
    links.told(RECEIVER, { kind: "release", port, key });
    assert.deepEqual(links.missing(BOTH), []);
  });

  it("knows nothing of an actor's earlier incarnation", () => {
    const links = running();
    links.started(RECEIVER);
    assert.deepEqual(links.missing(BOTH), ["south/Receiver is not active"]);
    links.told(RECEIVER, { kind: "active" });
    links.told(RECEIVER, { kind: "require", port, key });
    assert.equal(links.missing(BOTH).length, 1);
  });
});
