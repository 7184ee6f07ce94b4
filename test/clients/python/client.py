"""An ordinary client with grpcio's defaults; test/clients/README.md has the lines it reads and answers."""

import base64
import sys
import threading
import time

import grpc


def packed(value):
    return base64.b64encode(value).decode() if value else "-"


def unpacked(word):
    return b"" if word == "-" else base64.b64decode(word)


def told(code, messages=0, last=b"", details=b""):
    return f"{code} {messages} {packed(last)} {packed(details)}"


def failed(error, messages=0):
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    return told(error.code().value[0], messages, b"", details)


def seconds(milliseconds):
    return milliseconds / 1000 if milliseconds else None


def unary(channel, path, request, milliseconds):
    try:
        return told(0, 1, channel.unary_unary(path)(request, timeout=seconds(milliseconds)))
    except grpc.RpcError as error:
        return failed(error)


def stream(channel, path, request, milliseconds, cancel_after):
    messages, last = 0, b""
    call = channel.unary_stream(path)(request, timeout=seconds(milliseconds))
    try:
        for last in call:
            messages += 1
            if messages == cancel_after:
                call.cancel()
    except grpc.RpcError as error:
        return failed(error, messages)
    return told(0, messages, last)


def load(channel, kind, path, request, milliseconds, in_flight):
    until = time.monotonic() + milliseconds / 1000
    lock, counts, first = threading.Lock(), [0, 0], []
    unary_call, stream_call = channel.unary_unary(path), channel.unary_stream(path)

    def work():
        while time.monotonic() < until:
            error = None
            try:
                if kind == "stream":
                    for _ in stream_call(request):
                        pass
                else:
                    unary_call(request)
            except grpc.RpcError as raised:
                error = raised
            with lock:
                counts[0] += 1
                if error is not None:
                    counts[1] += 1
                    first.append(f"{error.code()} {error.details()}")

    workers = [threading.Thread(target=work) for _ in range(in_flight)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return f"{counts[0]} {counts[1]} {' '.join(first[:1]).replace(chr(10), ' ')}"


def answer(channel, words):
    if words[0] == "unary":
        return unary(channel, words[1], unpacked(words[2]), int(words[3]))
    if words[0] == "stream":
        return stream(channel, words[1], unpacked(words[2]), int(words[3]), int(words[4]))
    if words[0] == "load":
        return load(channel, words[1], words[2], unpacked(words[3]), int(words[4]), int(words[5]))
    raise ValueError(f"unknown command {words[0]}")


def main():
    with grpc.insecure_channel(sys.argv[1]) as channel:
        for line in sys.stdin:
            print(answer(channel, line.split()), flush=True)


main()
