"""What RIAPS 2.0 does with a message, without RIAPS: pyzmq, one thread per component with a poller, pickle.

Two processes over loopback TCP: a source (timer thread, PAIR in process, PUB, REP) and a sink (SUB, REQ),
which measures the same phases as the other contenders and prints each as a line of JSON.
Shape after riaps-pycom: comp.py (ComponentThread), ports.py (send_pyobj, recv_pyobj), timPort.py.
"""
import json
import pickle
import sys
import threading
import time

import zmq

TICK_S = 0.001
TICK = -1
REST = 0


def now_us():
    return time.monotonic_ns() // 1000


def percentiles(times):
    ordered = sorted(times)
    return {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def told(**facts):
    print(json.dumps(facts), flush=True)


def text_of(frame_bytes):
    empty = len(pickle.dumps((1000, now_us(), "")))
    return "x" * max(0, frame_bytes - empty - 2)


class TimerThread(threading.Thread):
    """Sends to its component on absolute times."""

    def __init__(self, context):
        super().__init__(daemon=True)
        self.context = context

    def run(self):
        socket = self.context.socket(zmq.PAIR)
        socket.connect("inproc://timer")
        due = time.monotonic()
        while True:
            due += TICK_S
            time.sleep(max(0, due - time.monotonic()))
            socket.send_pyobj(due)


class Port:
    """Sends and receives Python objects; what a component calls in its handlers."""

    def __init__(self, name, socket):
        self.name = name
        self.socket = socket

    def send_pyobj(self, message):
        try:
            self.socket.send_pyobj(message)
        except zmq.error.ZMQError as error:
            raise RuntimeError(f"{self.name}: {error}") from error
        return True

    def recv_pyobj(self):
        return self.socket.recv_pyobj()


class ComponentThread(threading.Thread):
    """Polls the ports of one component, and calls on_<port> for each that is ready."""

    def __init__(self, context, options):
        super().__init__()
        self.context = context
        self.options = options
        self.ports = {}

    def port(self, name, kind):
        port = Port(name, self.context.socket(kind))
        self.ports[port.socket] = port
        return port

    def run(self):
        self.setup()
        poller = zmq.Poller()
        for socket in self.ports:
            if socket.type in (zmq.SUB, zmq.REP, zmq.PAIR):
                poller.register(socket, zmq.POLLIN)
        while True:
            for socket in dict(poller.poll()):
                port = self.ports[socket]
                getattr(self, "on_" + port.name)(port)


class Source(ComponentThread):
    def setup(self):
        self.text = text_of(self.options["frameBytes"])
        self.sequence = 0
        self.ticking = True
        self.sample = self.port("sample", zmq.PUB)
        credit = self.port("credit", zmq.REP)
        tick = self.port("tick", zmq.PAIR)
        self.sample.socket.set(zmq.SNDHWM, 0)
        ports = [each.socket.bind_to_random_port("tcp://127.0.0.1")
                 for each in (self.sample, credit)]
        tick.socket.bind("inproc://timer")
        TimerThread(self.context).start()
        told(endpoints=[f"tcp://127.0.0.1:{port}" for port in ports])

    def publish(self):
        self.sample.send_pyobj((self.sequence, now_us(), self.text))
        self.sequence += 1

    def on_tick(self, port):
        port.recv_pyobj()
        if self.ticking:
            self.publish()

    def on_credit(self, port):
        question = port.recv_pyobj()
        port.send_pyobj(question)
        if isinstance(question, int):
            self.ticking = question == TICK
            for _ in range(question):
                self.publish()


class Sink(ComponentThread):
    def setup(self):
        self.sample = self.port("sample", zmq.SUB)
        self.credit = self.port("credit", zmq.REQ)
        self.sample.socket.set(zmq.RCVHWM, 0)
        self.sample.socket.subscribe(b"")
        for port, endpoint in zip((self.sample, self.credit), self.options["endpoints"]):
            port.socket.connect(endpoint)
        self.phase = "pairing"
        self.heard = 0
        self.latencies = []

    def ask(self, question):
        self.credit.send_pyobj(question)
        self.credit.recv_pyobj()

    def begin(self, phase, question):
        self.phase = phase
        self.heard = 0
        self.start_us = now_us()
        self.ask(question)

    def on_sample(self, port):
        _, sent_us, _ = port.recv_pyobj()
        self.heard += 1
        options = self.options
        if self.phase == "pairing":
            self.begin("warm-up", options["warmUpCount"])
        elif self.phase == "warm-up":
            if self.heard == options["warmUpCount"]:
                self.begin("burst", options["burstCount"])
        elif self.phase == "burst":
            if self.heard == options["burstCount"]:
                told(phase="burst", perSecond=self.heard * 1e6 / (now_us() - self.start_us))
                self.begin("settling", TICK)
        elif self.phase == "settling":
            if self.heard == options["settlingCount"]:
                self.phase = "one way"
        elif self.phase == "one way":
            self.latencies.append(now_us() - sent_us)
            if len(self.latencies) == options["latencyCount"]:
                told(phase="one way", **percentiles(self.latencies))
                self.begin("idle", REST)
                self.echo(options["warmUpEchoCount"])
                begin_us = now_us()
                trips = self.echo(options["echoCount"])
                per_second = len(trips) * 1e6 / (now_us() - begin_us)
                told(phase="round trip", perSecond=per_second, **percentiles(trips))
                told(phase="over")

    def echo(self, count):
        text = text_of(self.options["frameBytes"])
        trips = []
        for _ in range(count):
            sent_us = now_us()
            self.ask(text)
            trips.append(now_us() - sent_us)
        return trips


if __name__ == "__main__":
    {"source": Source, "sink": Sink}[sys.argv[1]](zmq.Context(), json.loads(sys.argv[2])).start()
