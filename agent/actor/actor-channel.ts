import type { ToActor, ToAgent } from "./protocol.ts";

/** One actor's half of its crew's channel to the agent. */
export class ActorChannel {
  send: (message: ToAgent) => void = () => undefined;
  /** Called when another agent has taken over. */
  renewed: () => void = () => undefined;
  #early: ToActor[] | undefined = [];
  #receive: (message: ToActor) => void = (message) => void this.#early?.push(message);

  arrived(message: ToActor): void {
    this.#receive(message);
  }

  receive(receiver: (message: ToActor) => void): void {
    this.#receive = receiver;
    for (const message of this.#early ?? []) receiver(message);
    this.#early = undefined;
  }
}
