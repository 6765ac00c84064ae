import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** Which of these ports can be opened now, by "udp 15670"; those that are held shared count as taken. */
export async function freePorts(
  wanted: readonly (readonly [kind: "udp" | "tcp", port: number])[],
): Promise<ReadonlyMap<string, boolean>> {
  const found = new Map<string, boolean>();
  for (const [kind, port] of wanted)
    found.set(`${kind} ${port}`, await (kind === "udp" ? udpIsFree(port) : tcpIsFree(port)));
  return found;
}

async function udpIsFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  const listening = once(socket, "listening").then(
    () => true,
    () => false,
  );
  socket.bind(port);
  const isFree = await listening;
  socket.close();
  return isFree;
}

async function tcpIsFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, "listening").then(
    () => true,
    () => false,
  );
  server.listen(port, "127.0.0.1");
  const isFree = await listening;
  server.close();
  return isFree;
}
