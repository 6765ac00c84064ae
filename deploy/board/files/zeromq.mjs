// Stands in for the package "zeromq": CommonJS that is loaded late has no names in a bundle of several files.
import zeromq from "zeromq-of-npm";

export const { Context, Dealer, Observer, Pair, Proxy, Publisher, Pull, Push } = zeromq;
export const { Reply, Request, Router, Socket, Stream, Subscriber } = zeromq;
export const { XPublisher, XSubscriber, capability, context, curveKeyPair, version } = zeromq;
export default zeromq;
