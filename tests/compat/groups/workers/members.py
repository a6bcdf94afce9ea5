"""What both Python clients share: the line protocol of ../worker-host.ts and a thread per member that polls."""
import json
import queue
import sys
import threading
import time

LOCK = threading.Lock()


def tell(value):
    with LOCK:
        print(json.dumps(value), flush=True)


class Member(threading.Thread):
    """A consumer that only its own thread touches; questions come in through a queue.

    A subclass has connect(), poll(), which waits at most 50 ms, and the questions' methods.
    """

    def __init__(self, name, request):
        super().__init__(daemon=True)
        self.member = name
        self.request = request
        self.questions = queue.Queue()

    def event(self, kind, **fields):
        tell(dict(fields, event=kind, member=self.member, atMs=int(time.time() * 1000)))

    def ask(self, identity, operation, request):
        self.questions.put((identity, operation, request))

    def run(self):
        try:
            self.connect()
        except Exception as error:
            self.event("failed", message="%s: %s" % (type(error).__name__, error))
            return
        while True:
            try:
                identity, operation, request = self.questions.get_nowait()
            except queue.Empty:
                try:
                    self.poll()
                except Exception as error:  # the test decides what it means
                    self.event("failed", message="%s: %s" % (type(error).__name__, error))
                    time.sleep(0.05)
                continue
            reply(identity, lambda: getattr(self, operation)(request))
            if operation == "leave":
                return


def reply(identity, call):
    try:
        tell({"id": identity, "answer": call()})
    except Exception as error:
        tell({"id": identity, "error": "%s: %s" % (type(error).__name__, error)})


def serve(version, open_member):
    """open_member(name, request) returns a Member that is not started."""
    members = {}
    tell({"version": version})
    for line in sys.stdin:
        request = json.loads(line)
        name = request["member"]
        if request["operation"] == "join":
            def join():
                members[name] = open_member(name, request)
                members[name].start()
            reply(request["id"], join)
        else:
            members[name].ask(request["id"], request["operation"], request)
