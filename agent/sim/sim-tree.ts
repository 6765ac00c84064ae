import { AgentError } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import { type FilePart, requireTreePath, type Tree, type TreeEntry } from "../core/tree.ts";

interface SimFile {
  /** What a loss of power leaves for sure; undefined: nothing was ever synced. */
  durable: Uint8Array | undefined;
  current: Uint8Array;
}

interface SimFolder {
  readonly durable: Map<string, SimNode>;
  readonly current: Map<string, SimNode>;
}

type SimNode = SimFile | SimFolder;

/** One name that is given, or taken away. */
interface Naming {
  readonly folder: SimFolder;
  readonly name: string;
  readonly node: SimNode | undefined;
}

/** What a test makes of one operation that changes the disk; "cut-…" is a loss of power. */
export type TreeFate = "done" | "cut-before" | "cut-after";

/** The files of one host: they outlive its programs, and lose at a loss of power what was not synced. */
export class SimTreeDisk {
  /** Told of each operation that changes or syncs something, numbered from 1; default: all are done. */
  fate: (operationNumber: number, what: string) => TreeFate = () => "done";
  /** Bytes that fit on it. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** Called when `fate` cuts the power, before anything else can happen. */
  onCut: () => void = () => undefined;
  operationCount = 0;
  readonly #root: SimFolder = newFolder();
  /** Namings that are not durable, those of one rename together, in the order in which they were done. */
  #pending: (readonly Naming[])[] = [];

  /** Bytes of all files. */
  get usedBytes(): number {
    return bytesIn(this.#root);
  }

  /** Power is lost: each naming and each piece of a file that was not synced survives, or does not. */
  powerLost(random: Random): void {
    // Some losses take all, some nothing, most a part.
    const keptShare = [0, 1, random.next(), random.next()][Math.floor(random.next() * 4)] ?? 0;
    for (const namings of this.#pending)
      if (random.next() < keptShare) for (const naming of namings) durably(naming);
    this.#pending = [];
    settle(this.#root, random);
  }

  nodeAt(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.#root;
    for (const name of path === "" ? [] : path.split("/"))
      node = node !== undefined && isFolder(node) ? node.current.get(name) : undefined;
    return node;
  }

  folderOf(path: string): { readonly folder: SimFolder; readonly name: string } {
    const end = path.lastIndexOf("/");
    const folder = this.nodeAt(path.slice(0, Math.max(0, end)));
    if (folder === undefined || !isFolder(folder))
      throw new AgentError("FILE_MISSING", { name: path });
    return { folder, name: path.slice(end + 1) };
  }

  /** Gives and takes names at once, together. */
  rename(...namings: readonly Naming[]): void {
    for (const { folder, name, node } of namings)
      if (node === undefined) folder.current.delete(name);
      else folder.current.set(name, node);
    this.#pending.push(namings);
  }

  sync(node: SimNode): void {
    if (!isFolder(node)) {
      node.durable = node.current;
      return;
    }
    const isOf = (namings: readonly Naming[]): boolean =>
      namings.some(({ folder }) => folder === node);
    // What came before under the same names is settled with it, also elsewhere.
    const settled = new Set<readonly Naming[]>();
    for (const namings of this.#pending.toReversed())
      if (isOf(namings) || [...settled].some((later) => haveNameInCommon(namings, later)))
        settled.add(namings);
    for (const namings of this.#pending)
      if (settled.has(namings)) for (const each of namings) durably(each);
    this.#pending = this.#pending.filter((namings) => !settled.has(namings));
  }
}

/** A host's files as one program sees them. */
export class SimTree implements Tree {
  readonly #disk: SimTreeDisk;
  readonly #host: string;
  readonly #isDead: () => boolean;

  constructor(disk: SimTreeDisk, host: string, isDead: () => boolean = () => false) {
    this.#disk = disk;
    this.#host = host;
    this.#isDead = isDead;
  }

  async read(path: string, part?: FilePart): Promise<Uint8Array | undefined> {
    requireTreePath(path);
    const node = this.#disk.nodeAt(path);
    if (node === undefined || isFolder(node)) return Promise.resolve(undefined);
    const { offsetBytes = 0, sizeBytes = node.current.byteLength } = part ?? {};
    return node.current.slice(offsetBytes, offsetBytes + sizeBytes);
  }

  async list(path: string): Promise<readonly TreeEntry[] | undefined> {
    if (path !== "") requireTreePath(path);
    const node = this.#disk.nodeAt(path);
    if (node === undefined || !isFolder(node)) return Promise.resolve(undefined);
    const entries = [...node.current].map(([name, each]) => ({ name, isFolder: isFolder(each) }));
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  makeFolder(path: string): Promise<void> {
    return this.#change("makeFolder", path, () => {
      const { folder, name } = this.#disk.folderOf(path);
      if (!folder.current.has(name)) this.#disk.rename({ folder, name, node: newFolder() });
    });
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#change("write", path, () => {
      const { folder, name } = this.#disk.folderOf(path);
      const known = folder.current.get(name);
      if (known !== undefined && isFolder(known)) throw new Error(`${path} is a folder`);
      const file: SimFile = known ?? { durable: undefined, current: new Uint8Array() };
      if (known === undefined) this.#disk.rename({ folder, name, node: file });
      file.current = new Uint8Array();
      const freeBytes = this.#disk.capacityBytes - this.#disk.usedBytes;
      file.current = bytes.slice(0, Math.max(0, freeBytes));
      if (bytes.byteLength > freeBytes) throw new AgentError("DISK_FULL", { name: path });
    });
  }

  sync(path: string): Promise<void> {
    return this.#change("sync", path, () => {
      const node = this.#disk.nodeAt(path);
      if (node === undefined) throw new AgentError("FILE_MISSING", { name: path });
      this.#disk.sync(node);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change("rename", from, () => {
      requireTreePath(to);
      const [old, place] = [this.#disk.folderOf(from), this.#disk.folderOf(to)];
      const node = old.folder.current.get(old.name);
      if (node === undefined) throw new AgentError("FILE_MISSING", { name: from });
      this.#disk.rename({ ...old, node: undefined }, { ...place, node });
    });
  }

  remove(path: string): Promise<void> {
    return this.#change("remove", path, () => {
      const node = this.#disk.nodeAt(path);
      if (node === undefined) return;
      if (isFolder(node) && node.current.size > 0) throw new Error(`${path} is not empty`);
      this.#disk.rename({ ...this.#disk.folderOf(path), node: undefined });
    });
  }

  urlOf(path: string): string {
    requireTreePath(path);
    return `sim://${this.#host}/${path}`;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
  async #change(what: string, path: string, work: () => void): Promise<void> {
    if (path !== "" || what !== "sync") requireTreePath(path);
    if (this.#isDead()) throw new Error("the program was killed");
    const disk = this.#disk;
    disk.operationCount += 1;
    const fate = disk.fate(disk.operationCount, `${what} ${path}`);
    if (fate !== "cut-before") work();
    if (fate === "done") return;
    disk.onCut();
    throw new Error("the power was cut");
  }
}

function newFolder(): SimFolder {
  return { durable: new Map(), current: new Map() };
}

function isFolder(node: SimNode): node is SimFolder {
  return node.current instanceof Map;
}

function bytesIn(node: SimNode): number {
  if (!isFolder(node)) return node.current.byteLength;
  return [...node.current.values()].reduce((sum, each) => sum + bytesIn(each), 0);
}

function durably({ folder, name, node }: Naming): void {
  if (node === undefined) folder.durable.delete(name);
  else folder.durable.set(name, node);
}

function haveNameInCommon(one: readonly Naming[], other: readonly Naming[]): boolean {
  return one.some(({ folder, name }) =>
    other.some((each) => each.folder === folder && each.name === name),
  );
}

/** After a loss of power: what is there is what was durable, and files that were being written are torn. */
function settle(folder: SimFolder, random: Random): void {
  folder.current.clear();
  for (const [name, node] of folder.durable) {
    folder.current.set(name, node);
    if (isFolder(node)) settle(node, random);
    else if (node.current !== node.durable) {
      node.current = survivorOf(node, random);
      node.durable = node.current;
    }
  }
}

/** Old, new, empty, cut short, or of the right size with nothing in it from some point on. */
function survivorOf({ durable, current }: SimFile, random: Random): Uint8Array {
  const old = durable ?? new Uint8Array();
  const cutAt = Math.floor(random.next() * (current.byteLength + 1));
  const zeroed = current.slice().fill(0, cutAt);
  const survivors = [old, current, new Uint8Array(), current.slice(0, cutAt), zeroed];
  return survivors[Math.floor(random.next() * survivors.length)] ?? old;
}
