import type { GroupMessage, Outgoing } from "./group-message.ts";
import type { Base, Entry, GroupEvent } from "./group-types.ts";

/** Collects what follows from one step of a member's rules. */
export class Outbox {
  sends: Outgoing[] = [];
  events: GroupEvent[] = [];
  metaChanged = false;
  base: Base | undefined;
  truncatedFrom: number | undefined;
  appended: Entry[] = [];

  send(to: readonly string[], message: GroupMessage): void {
    if (to.length > 0) this.sends.push({ to, message });
  }

  tell(event: GroupEvent): void {
    this.events.push(event);
  }
}
