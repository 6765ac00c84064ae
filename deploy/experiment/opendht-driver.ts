import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { driverOptions, type RegistryAccess, runDriver } from "./driver.ts";

// The driver of an OpenDHT node: starts Debian's dhtnode on this host and reaches it through its REST proxy. Source: the
// proxy's documentation in OpenDHT's wiki, "REST API": POST /{hash}, GET /{hash}, GET /key/{hash}/listen.

const UDP_PORT = 4_222;
const PROXY_PORT = 8_000;
const START_ATTEMPTS_MAX = 200;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One request to the proxy; resolves with the head of its answer. */
function ask(method: string, path: string, body = ""): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: PROXY_PORT, method, path, agent };
    const asked = request(options, resolve);
    asked.on("error", (error) => {
      // A connection that rested: the proxy had closed it before it could read from it.
      if (asked.reusedSocket) ask(method, path, body).then(resolve, reject);
      else reject(error);
    });
    asked.end(body);
  });
}

/** OpenDHT's hash of a key. */
function hashOf(key: string): string {
  return createHash("sha1").update(key).digest("hex");
}

function valueIn(line: string): string | undefined {
  const { data } = JSON.parse(line) as { readonly data?: string };
  return data === undefined ? undefined : Buffer.from(data, "base64").toString();
}

const access: RegistryAccess = {
  async put(key, value) {
    const data = Buffer.from(value).toString("base64");
    const answer = await ask("POST", `/${hashOf(key)}`, JSON.stringify({ data }));
    await text(answer);
    return answer.statusCode === 200;
  },
  async get(key) {
    const lines = (await text(await ask("GET", `/${hashOf(key)}`))).split("\n").filter(Boolean);
    return lines.map(valueIn).filter((value) => value !== undefined);
  },
  async listen(key, heard) {
    // Its head comes with the first value alone: so nobody waits for it.
    void ask("GET", `/key/${hashOf(key)}/listen`).then((answer) => {
      createInterface(answer).on("line", (line) => {
        const value = valueIn(line);
        if (value !== undefined) heard(value);
      });
    });
    // What the proxy takes to look for those that keep the key.
    await sleep(100);
  },
};

async function untilUp(): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS_MAX; attempt += 1) {
    try {
      await text(await ask("GET", "/"));
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error("dhtnode's proxy does not answer");
}

const { seed } = driverOptions();
const join = seed === undefined ? [] : ["-b", `${seed}:${UDP_PORT}`];
const words = ["-p", String(UDP_PORT), ...join, "--proxyserver", String(PROXY_PORT)];
// It reads commands from its input, and ends with it, not always without a complaint.
const node = spawn("dhtnode", words, { stdio: ["pipe", "ignore", "ignore"] });
node.on("exit", () => process.exit());
await untilUp();
await runDriver(access);
node.kill();
