import { once } from "node:events";
import { createServer } from "node:http";
import { HttpRpc } from "../../agent/io/http-rpc.ts";
import { AgentLink } from "../watch/agent-link.ts";
import type { BoardMeasure } from "../watch/board-measure.ts";
import { prometheusText } from "../watch/prometheus-text.ts";

const CONNECTIONS_MAX = 16;

/**
 * Serves GET /metrics for Prometheus on `port` of loopback until disposed; what it tells it asks the agent at
 * the socket `path`. Rejects when the port is taken.
 */
export async function serveMetrics(port: number, path: string): Promise<AsyncDisposable> {
  const link = new AgentLink(new HttpRpc(), `unix:${path}`);
  const server = createServer((request, response) => {
    void (async () => {
      const isAsked = request.method === "GET" && request.url === "/metrics";
      const measure = isAsked ? await link.ask("measure") : undefined;
      response.writeHead(isAsked ? (measure === undefined ? 503 : 200) : 404, {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
      });
      response.end(measure === undefined ? "" : prometheusText(measure as unknown as BoardMeasure));
    })();
  });
  server.maxConnections = CONNECTIONS_MAX;
  const listening = once(server, "listening");
  server.listen(port, "127.0.0.1");
  await listening;
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await link[Symbol.asyncDispose]();
    },
  };
}
