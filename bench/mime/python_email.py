"""Python's email package: its side of `./butler bench mime` and `./butler eval mime`.

Pack: for each mail four bytes of length (little endian), then its bytes.
usage: python_email.py PACK compat32|default structure|everything ROUNDS
       python_email.py PACK default dump
"""
import email
import email.policy
import email.utils
import hashlib
import json
import re
import resource
import struct
import sys
import time
from email.header import decode_header, make_header

counts = {}


def mails(pack):
    at = 0
    while at + 4 <= len(pack):
        (length,) = struct.unpack_from("<I", pack, at)
        yield pack[at + 4:at + 4 + length]
        at += 4 + length


def charset_text(data, charset):
    try:
        return data.decode(charset or "utf-8", "replace")
    except LookupError:
        return data.decode("latin-1")


def decoded(value):
    try:
        return str(make_header(decode_header(value)))
    except Exception:  # compat32 raises on broken encoded words and unknown charsets
        return str(value)


def read_compat32(message, everything):
    for part in message.walk():
        counts["parts"] += 1
        counts["headers"] += len(part)
        if not everything or part.is_multipart():
            continue
        data = part.get_payload(decode=True) or b""
        if part.get_content_maintype() == "text":
            counts["chars"] += len(charset_text(data, part.get_content_charset()))
        else:
            counts["files"] += len(data)
            counts["chars"] += len(part.get_filename() or "")
    if everything:
        counts["chars"] += len(decoded(message.get("Subject", ""))) + len(message.get("Message-ID", ""))
        counts["chars"] += 1 if email.utils.parsedate_tz(message.get("Date", "")) else 0
        for name in ("From", "To", "Cc"):
            for display, address in email.utils.getaddresses([str(v) for v in message.get_all(name, [])]):
                counts["chars"] += len(decoded(display)) + len(address)


def read_default(message, everything):
    for part in message.walk():
        counts["parts"] += 1
        counts["headers"] += len(part)
        if not everything or part.is_multipart():
            continue
        if part.get_content_maintype() == "text":
            try:
                counts["chars"] += len(part.get_content())
            except (LookupError, UnicodeError):
                counts["chars"] += len(charset_text(part.get_payload(decode=True) or b"", None))
        else:
            counts["files"] += len(part.get_payload(decode=True) or b"")
            counts["chars"] += len(part.get_filename() or "")
    if everything:
        for name in ("Subject", "Message-ID", "Date", "From", "To", "Cc"):
            try:
                for value in message.get_all(name, []):
                    counts["chars"] += len(str(value))
                    for address in getattr(value, "addresses", ()):
                        counts["chars"] += len(address.display_name) + len(address.addr_spec)
            except Exception:  # the header parser of some versions raises on broken values
                counts["errors"] += 1


def bench(pack, policy, everything, rounds):
    best = 1e9
    read = read_default if policy is email.policy.default else read_compat32
    for _ in range(rounds):
        counts.update(mails=0, bytes=0, parts=0, headers=0, chars=0, files=0, errors=0)
        start = time.process_time()
        for raw in mails(pack):
            try:
                read(email.message_from_bytes(raw, policy=policy), everything)
            except Exception:
                counts["errors"] += 1
            counts["mails"] += 1
            counts["bytes"] += len(raw)
        best = min(best, time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"version": sys.version.split()[0], "seconds": best, "peak_kb": peak, **counts}))


def addresses(message, name):
    found = []
    for value in message.get_all(name, []):
        for address in value.addresses:
            found.append([address.display_name, address.addr_spec])
    return found


def guarded(read, otherwise=None):
    try:
        return read()
    except Exception as error:
        return otherwise if otherwise is not None else "!" + type(error).__name__


def leaves(part):
    """The leaves in order; inner messages are entered, as Butler does, other message types are not."""
    inner = part.get_content_maintype() != "message" or part.get_content_subtype() in ("rfc822", "global")
    if part.is_multipart() and inner:
        for child in part.get_payload():
            yield from leaves(child)
    else:
        yield part


def leaf(part):
    if part.is_multipart():
        return {"type": guarded(part.get_content_type), "size": -1, "hash": None, "name": guarded(part.get_filename), "text": None}
    data = guarded(lambda: part.get_payload(decode=True), b"")
    data = data if isinstance(data, bytes) else b""
    text = None
    if part.get_content_maintype() == "text":
        text = guarded(part.get_content)
    return {
        "type": guarded(part.get_content_type),
        "size": len(data),
        "hash": hashlib.sha256(data).hexdigest()[:16],
        "name": guarded(part.get_filename),
        "text": text,
    }


def put(line):
    """One line of JSON; undecoded bytes (lone surrogates) become replacement characters."""
    text = re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(line, ensure_ascii=False))
    sys.stdout.buffer.write(text.encode() + b"\n")


def dump(pack):
    for raw in mails(pack):
        message = guarded(lambda: email.message_from_bytes(raw, policy=email.policy.default), "")
        if isinstance(message, str):
            put({"error": True})
            continue
        date = guarded(lambda: message["Date"] and message["Date"].datetime and int(message["Date"].datetime.timestamp()))
        put({
            "subject": guarded(lambda: str(message.get("Subject", ""))),
            "from": guarded(lambda: addresses(message, "From")),
            "to": guarded(lambda: addresses(message, "To")),
            "cc": guarded(lambda: addresses(message, "Cc")),
            "date": date,
            "id": guarded(lambda: str(message.get("Message-ID", ""))),
            "names": guarded(lambda: [name for name in message.keys()]),
            "leaves": guarded(lambda: [leaf(part) for part in leaves(message)]),
        })


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        content = file.read()
    chosen = email.policy.default if sys.argv[2] == "default" else email.policy.compat32
    sys.setrecursionlimit(5000)
    if sys.argv[3] == "dump":
        dump(content)
    else:
        bench(content, chosen, sys.argv[3] == "everything", int(sys.argv[4]))
