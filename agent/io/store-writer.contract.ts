// A process for the store's tests: writes pairs, one transaction each, and tells how many are durable.
import { SqliteStore } from "./sqlite-store.ts";

const database = await new SqliteStore(process.argv[2] ?? "").open("pairs");
let count = database.scan("left", {}).length;
process.on("disconnect", () => process.exit());

function step(): void {
  count += 1;
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, count);
  database.transact((writer) => {
    writer.put("left", key, new Uint8Array(count % 3000));
    writer.put("right", key, new Uint8Array(count % 3000));
  });
  process.send?.(count);
  setImmediate(step);
}
step();
