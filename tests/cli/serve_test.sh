# A model over HTTP: every route once, then what clients do wrong, then another model under load, then the end.
write_model
segue fit log.tsv $columns --factors 4 --iterations 3 -o other.segue 2>"$err" || fail "fit"
cp model.segue served.segue
cat >talk.py <<'PY'
import http.client, json, os, select, shutil, signal, socket, subprocess, sys, threading, time
from urllib.parse import quote

def set_up():  # a test runner may have told us to ignore these
    for name in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)

class Server:
    def __init__(self, *options, key=""):
        self.process = subprocess.Popen(["segue", "serve", "served.segue", "--port", "0", "--log-format", "json", *options],
                                        stderr=subprocess.PIPE, text=True, preexec_fn=set_up,
                                        env={**os.environ, "SEGUE_API_KEY": key})
        self.events = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        listening = self.event("listening")
        self.example = listening["example"]
        self.port = int(listening["url"].rsplit(":", 1)[1])

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify_all()

    def event(self, name, **fields):
        """The last event of this name and these fields; waits for the first: an answer arrives before it is logged."""
        def found():
            return [event for event in self.events if {"event": name, **fields}.items() <= event.items()]
        with self.changed:
            assert self.changed.wait_for(found, timeout=30), (name, fields, self.events[-5:])
            return found()[-1]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, method, path, body=None, headers={}):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        text = reply.read()
        connection.close()
        return reply, text

    def get(self, path, status=200):
        reply, text = self.ask("GET", path)
        assert reply.status == status, (path, reply.status, text)
        return json.loads(text)

    def stop(self, name=signal.SIGTERM):
        self.process.send_signal(name)
        status = self.process.wait(timeout=30)
        self.reader.join(10)
        return status

def raw(server, text, half_close=False):
    """All that comes back for these bytes, until the server closes."""
    with server.connect() as peer:
        peer.sendall(text)
        if half_close:
            peer.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            piece = peer.recv(65536)
            if not piece:
                return got
            got += piece

server = Server(key="sesame")

# Routes, names with a slash, errors with a remedy.
assert server.get("/v1/items?q=clas")["items"][0]["title"] == "The Clash"
assert server.get("/v1/items/" + quote("AC/DC", safe=""))["item"]["id"] == "AC/DC"
assert server.get("/v1/items/ac%2fdc")["item"]["id"] == "AC/DC"
similar = server.get("/v1/items/Blur/similar?n=3&exclude=AC%2FDC")
assert len(similar["results"]) == 3 and "AC/DC" not in [r["id"] for r in similar["results"]]
command = subprocess.run(["segue", "similar", "served.segue", "Blur", "-n", "3", "--no-self", "--exclude", "AC/DC", "--json"],
                         capture_output=True, text=True, check=True)
assert [(r["id"], r["score"]) for r in json.loads(command.stdout)["results"]] == [(r["id"], r["score"]) for r in similar["results"]]
assert server.get(server.example)["results"]
assert server.get("/v1/users/user01")["history"]
assert server.get("/v1/users/user01/recommendations?n=2&include_seen=true")["method"] == "factors"
likes = json.dumps({"history": [{"item": "the smiths", "value": 30}], "n": 3})
reply, text = server.ask("POST", "/v1/recommendations", likes)
assert reply.status == 200 and json.loads(text)["method"] == "fold_in", text
reply, text = server.ask("GET", "/v1/items/Blurr")
assert reply.status == 404 and reply.headers["Content-Type"] == "application/problem+json" and "Blur" in json.loads(text)["fix"]
assert server.get("/v1/nothing", 404)["fix"] and server.get("/v1/items?n=x", 400)["fix"] and server.get("/v1/items?q=%", 400)["fix"]
reply, text = server.ask("DELETE", "/v1/items")
assert reply.status == 405 and reply.headers["Allow"] == "GET, HEAD"
reply, text = server.ask("HEAD", "/v1/items")
assert reply.status == 200 and text == b"" and int(reply.headers["Content-Length"]) > 100
reply, text = server.ask("GET", "/")
assert reply.status == 200 and b"<!doctype html>" in text and "default-src 'none'" in reply.headers["Content-Security-Policy"]
assert "/v1/recommendations" in server.get("/openapi.json")["paths"]

# Reasons, many at once, other indexes, and pages of other servers, which learn nothing here.
why = server.get("/v1/users/user01/recommendations?n=1&include_seen=true&explain=true")["results"][0]["reasons"]
assert why and why[0]["part"] > 0, why
assert server.get("/v1/users/user01/similar?n=2")["results"][0]["id"] != "user01"
reply, text = server.ask("POST", "/v1/batch/similar", json.dumps({"items": ["Blur", "nobody knows"], "n": 2}))
answers = json.loads(text)["answers"]
assert answers[0]["results"] == server.get("/v1/items/Blur/similar?n=2")["results"] and answers[1]["problem"]["code"] == "not_found"
assert server.get("/v1/items/Blur/similar?index=annoy")["index"] == "annoy"
reply, _ = server.ask("GET", "/v1/items", headers={"Origin": "https://example.org"})
assert "Access-Control-Allow-Origin" not in reply.headers and "Vary" not in reply.headers
assert server.ask("OPTIONS", "/v1/items", headers={"Origin": "https://example.org"})[0].status == 405

# An answer that one has already is not sent again; a request keeps its id, and the log has it.
reply, _ = server.ask("GET", "/v1/items/Blur", headers={"X-Request-Id": "mine-1"})
assert reply.headers["X-Request-Id"] == "mine-1"
reply, text = server.ask("GET", "/v1/items/Blur", headers={"If-None-Match": reply.headers["ETag"], "X-Request-Id": "bad id!"})
assert reply.status == 304 and text == b"" and reply.headers["X-Request-Id"] != "bad id!"
logged = server.event("request", request_id="mine-1")
assert logged["target"] == "/v1/items/Blur" and logged["status"] == 200

# Garbage, too long a head, too long a body, half a request, half-closed connections, two requests at once.
assert raw(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage\r\n\r\n").startswith(b"HTTP/1.1 400 ")
assert raw(server, b"GET / HTTP/9.9\r\n\r\n").startswith(b"HTTP/1.1 400 ")
assert raw(server, b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")
big = b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (3 << 20)
assert raw(server, big + b" " * (3 << 20)).startswith(b"HTTP/1.1 413 ")
chunks = b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b" " * 65536 + b"\r\n") * 30
assert raw(server, chunks).startswith(b"HTTP/1.1 413 ")
assert raw(server, b"GET /v1/items HTTP/1.1\r\nHost: a\r\n\r\n", half_close=True).startswith(b"HTTP/1.1 200 ")
assert raw(server, b"GET /v1/ite", half_close=True) == b""
both = raw(server, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
assert both.count(b"HTTP/1.1 200 ") == 2
# Where a body's end is not plain the connection is closed: what follows is not read as another request.
for coding in (b"gzip", b"gzip, chunked", b"chunked, gzip", b"xchunked", b"identity", b"", b"gzip\r\nTransfer-Encoding: chunked",
               b"gzip\r\nContent-Length: 0"):
    head = b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + coding + b"\r\n\r\n"
    answer = raw(server, head + b"GET /healthz HTTP/1.1\r\nHost: evil\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"X-Request-Id") == 1 and b"Connection: close\r\n" in answer, (coding, answer)
chunked = b"Transfer-Encoding: Chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(likes), likes.encode())
assert raw(server, b"POST /v1/recommendations HTTP/1.0\r\nConnection: keep-alive\r\n" + chunked).startswith(b"HTTP/1.1 400 ")
both = raw(server, b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\n" + chunked + b"GET /healthz HTTP/1.0\r\n\r\n")
assert both.count(b"HTTP/1.1 200 ") == 2, both
for hosts in (b"", b"Host: a\r\nHost: b\r\n"):
    answer = raw(server, b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"X-Request-Id") == 1 and b"Connection: close\r\n" in answer, answer
waits = raw(server, b"POST /v1/recommendations HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            % (len(likes), likes.encode()))
assert waits.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), waits
for _ in range(300):
    server.connect().close()
assert server.get("/healthz")["status"] == "ok"

# A slow one is told so, and nobody waits for it.
slow = server.connect()
slow.sendall(b"GET /v1/items HTTP/1.1\r\nX-")
began = time.monotonic()
while time.monotonic() - began < 15 and not select.select([slow], [], [], 0.5)[0]:
    assert server.get("/healthz")["status"] == "ok"
    slow.sendall(b"a")
assert slow.recv(100).startswith(b"HTTP/1.1 408 ") and 8 < time.monotonic() - began < 13
slow.close()

# Another model under load: no request fails, each is answered by the one or the other.
old = server.get("/readyz")["model"]
stop, seen, failures = threading.Event(), set(), []
def load():
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    while not stop.is_set():
        try:
            connection.request("GET", "/v1/items/Blur/similar")
            reply = connection.getresponse()
            answer = json.loads(reply.read())
            if reply.status != 200:
                failures.append(answer)
            seen.add(answer["model"])
        except Exception as error:
            failures.append(error)
            return
threads = [threading.Thread(target=load) for _ in range(4)]
for thread in threads:
    thread.start()
time.sleep(0.3)
shutil.copy("other.segue", "new.segue")
os.rename("new.segue", "served.segue")
reply, text = server.ask("POST", "/v1/admin/reload")
assert reply.status == 401 and reply.headers["WWW-Authenticate"] == "Bearer"
reply, text = server.ask("POST", "/v1/admin/reload", headers={"Authorization": "Bearer sesame"})
new = json.loads(text)["model"]
assert reply.status == 200 and new != old
time.sleep(0.3)
# A bad file is refused, and the new model serves on.
with open("bad.segue", "wb") as bad:
    bad.write(open("model.segue", "rb").read()[:-100])
os.rename("bad.segue", "served.segue")
server.process.send_signal(signal.SIGHUP)
assert server.event("error")["code"] == "corrupt_file"
reply, text = server.ask("POST", "/v1/admin/reload", headers={"Authorization": "Bearer sesame"})
assert reply.status == 422 and b"served.segue" not in text, text
# Mended, and told by a signal.
shutil.copy("model.segue", "new.segue")
os.rename("new.segue", "served.segue")
server.process.send_signal(signal.SIGHUP)
assert server.event("reload")["model"] == old
time.sleep(0.3)
stop.set()
for thread in threads:
    thread.join()
assert not failures and seen == {old, new}, (failures[:3], seen)
metrics = server.ask("GET", "/metrics")[1].decode()
for line in ('segue_requests_total{route="/v1/items/{id}",status="404"} 1\n', "segue_reloads_total 2\n", "segue_refused_reloads_total 2\n",
             "segue_requests_in_flight 1\n", 'segue_model_info{version="%s"} 1\n' % old):
    assert line in metrics, (line, metrics)

# Two reloads at once: the second is told so, not that the server is overloaded.
statuses, details = [], set()
def reload_now():
    reply, text = server.ask("POST", "/v1/admin/reload", headers={"Authorization": "bearer sesame"})
    statuses.append(reply.status)
    details.add(json.loads(text).get("detail"))
while 409 not in statuses and len(statuses) < 400:
    threads = [threading.Thread(target=reload_now) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert set(statuses) == {200, 409} and "a reload is under way" in details, (statuses, details)

# The end: a connection that waits is closed, and the status says that all went well.
idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
idle.request("GET", "/healthz")
idle.getresponse().read()
assert server.stop() == 0, server.events[-3:]
assert idle.sock.recv(10) == b""
names = [event["event"] for event in server.events]
# Of answers that were sent just before, the log may come after.
assert names.count("draining") == 1 and set(names[names.index("draining") + 1:]) <= {"request"}, names[-5:]

# Without a key nobody reloads, but the file is watched; limits of rate and of connections are told.
server = Server("--watch", "--rate-limit", "5", "--max-connections", "3", "--cors", "https://example.org", "--cors", "http://localhost:3000")
asks = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
reply, text = server.ask("OPTIONS", "/v1/recommendations", headers=asks)
assert reply.status == 204 and text == b"" and "POST" in reply.headers["Access-Control-Allow-Methods"], reply.headers
reply, _ = server.ask("GET", "/healthz", headers={"Origin": "https://example.org"})
assert reply.headers["Access-Control-Allow-Origin"] == "https://example.org" and reply.headers["Vary"] == "Origin"
assert "Access-Control-Allow-Origin" not in server.ask("GET", "/healthz", headers={"Origin": "https://example.net"})[0].headers
reply, text = server.ask("POST", "/v1/admin/reload", headers={"Authorization": "Bearer "})
assert reply.status == 403, text
shutil.copy("other.segue", "new.segue")
os.rename("new.segue", "served.segue")
assert server.event("reload")["model"] == new
os.rename("served.segue", "away.segue")
assert server.event("error")["problem"] == "the file is gone"
os.rename("away.segue", "served.segue")
replies = [server.ask("GET", "/v1/items")[0] for _ in range(10)]
assert replies[0].status == 200 and replies[-1].status == 429 and replies[-1].headers["Retry-After"] == "1"
assert server.get("/healthz")["status"] == "ok"
held = []
for _ in range(3):
    held.append(server.connect())
    held[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert held[-1].recv(100).startswith(b"HTTP/1.1 200 ")
with server.connect() as fourth:
    answer = b"".join(iter(lambda: fourth.recv(1000), b""))
    head, body = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ") and json.loads(body)["detail"] == "too many connections are open", answer
assert server.stop(signal.SIGINT) == 0
PY
ok timeout 120 python3 talk.py

# What keeps it from starting is said, with a remedy.
expect_status 2 segue serve model.segue --host localhost
err_has "give --host an address of this machine"
expect_status 2 segue serve model.segue --cors example.org
err_has "give --cors a scheme and a host"
expect_status 3 segue serve missing.segue
expect_status 5 segue serve log.tsv
ok python3 -c '
import socket, subprocess
taken = socket.create_server(("127.0.0.1", 0))
port = str(taken.getsockname()[1])
job = subprocess.run(["segue", "serve", "model.segue", "--port", port], capture_output=True, text=True, timeout=20)
assert job.returncode == 7 and "give another --port" in job.stderr, job
'
