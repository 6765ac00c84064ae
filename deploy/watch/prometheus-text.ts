import type { PortMeasure } from "../../agent/actor/port-counters.ts";
import { bucketEndUs, pairsOf } from "../../agent/component/handler-times.ts";
import type { BoardMeasure } from "./board-measure.ts";

const US_PER_S = 1_000_000;

/** Counters of a port that are told, each with its help. */
const COUNTERS = [
  ["sent", "messages sent", "sentCount"],
  ["handled", "handlers run", "handledCount"],
  ["dropped", "messages dropped at a full queue", "droppedCount"],
  ["refused", "requests refused", "refusedCount"],
  ["malformed", "messages that did not fit their type", "malformedCount"],
  ["late", "deadlines missed", "lateCount"],
  ["missed", "ticks missed", "missedCount"],
] as const satisfies readonly (readonly [string, string, keyof PortMeasure])[];

/** What a board measured, in the text format of Prometheus, version 0.0.4. Pure. */
export function prometheusText({ board, clock, actors }: BoardMeasure): string {
  const lines: string[] = [];
  const metric = (name: string, type: string, help: string): void => {
    lines.push(`# HELP hedgerow_${name} ${help}`, `# TYPE hedgerow_${name} ${type}`);
  };
  const sample = (name: string, labels: Readonly<Record<string, string>>, value: number): void => {
    const told = Object.entries({ board, ...labels }).map(
      ([key, text]) => `${key}="${escaped(text)}"`,
    );
    lines.push(`hedgerow_${name}{${told.join(",")}} ${value}`);
  };
  const ports = actors.flatMap(({ actor, components }) =>
    components.flatMap(({ component, ports: all }) =>
      all.map((each) => ({ labels: { actor, component, port: each.port }, each })),
    ),
  );
  if (clock.boundUs !== null) {
    metric("clock_bound_seconds", "gauge", "how far cluster time may be off");
    sample("clock_bound_seconds", {}, clock.boundUs / US_PER_S);
  }
  metric("process_cpu_seconds_total", "counter", "processor time of the actor's process");
  for (const { actor, cpuMs } of actors)
    if (cpuMs !== null) sample("process_cpu_seconds_total", { actor }, cpuMs / 1000);
  metric("process_memory_bytes", "gauge", "memory of the actor's process");
  for (const { actor, memoryBytes } of actors)
    if (memoryBytes !== null) sample("process_memory_bytes", { actor }, memoryBytes);
  for (const [name, help, key] of COUNTERS) {
    metric(`port_${name}_total`, "counter", help);
    for (const { labels, each } of ports) sample(`port_${name}_total`, labels, each[key]);
  }
  metric("port_waiting", "gauge", "messages that wait for their handlers");
  for (const { labels, each } of ports) sample("port_waiting", labels, each.waitingCount);
  metric("handler_seconds", "histogram", "how long handlers took, while somebody asked");
  for (const { labels, each } of ports) {
    let count = 0;
    let sumUs = 0;
    for (const [bucket, more] of pairsOf(each.handlerTimes)) {
      count += more;
      sumUs += more * bucketEndUs(bucket);
      const le = String(bucketEndUs(bucket) / US_PER_S);
      sample("handler_seconds_bucket", { ...labels, le }, count);
    }
    sample("handler_seconds_bucket", { ...labels, le: "+Inf" }, count);
    sample("handler_seconds_sum", labels, sumUs / US_PER_S);
    sample("handler_seconds_count", labels, count);
  }
  return `${lines.join("\n")}\n`;
}

/** Source: Prometheus, exposition formats, text format: label values. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
