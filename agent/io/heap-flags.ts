/**
 * Left for what a process holds outside of that: 7 MiB were measured with ZeroMQ loaded (x64, Node 20), and the young
 * generation takes up to 3 with --max-semi-space-size=1.
 */
const OUTSIDE_HEAP_MIB = 16;
/** With a smaller heap node does not start. */
const HEAP_MIB_MIN = 16;

/** The old generation's size, in MiB, for a program that may use so much memory in all. */
export function heapMib(memoryBytesMax: number): number {
  return Math.max(HEAP_MIB_MIN, Math.floor(memoryBytesMax / 1024 ** 2) - OUTSIDE_HEAP_MIB);
}

/** Flags that bound the heap; V8 ends a process that cannot keep it. They win over earlier ones. */
export function heapFlags(memoryBytesMax: number | undefined): readonly string[] {
  if (memoryBytesMax === undefined) return [];
  return [`--max-old-space-size=${heapMib(memoryBytesMax)}`];
}
