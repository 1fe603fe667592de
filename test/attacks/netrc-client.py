"""What any HySDS script does with Python's requests, with nothing set but files and variables around it.

Usage: netrc-client.py URL [insecure]. Who may do what is left to ~/.netrc (or NETRC), whom to trust to
REQUESTS_CA_BUNDLE or, with `insecure`, to nobody, as HySDS's own scripts do. Prints the answers as JSON lines.
"""
import json
import sys

import requests
import urllib3

urllib3.disable_warnings()
base, verify = sys.argv[1], sys.argv[2:] != ["insecure"]
options = {} if verify else {"verify": False}
container = {"name": "container-foo:1.0", "version": "1.0", "digest": "sha256:aa", "url": "s3://b/foo.tar.gz"}


def show(name, call):
    try:
        response = call()
    except requests.exceptions.RequestException as error:
        print(json.dumps({"name": name, "error": type(error).__name__}))
        return
    try:
        body = response.json()
    except ValueError:
        body = None
    print(json.dumps({
        "name": name,
        "status": response.status_code,
        "body": body,
        "headers": dict((key.lower(), value) for key, value in response.headers.items()),
        "redirects": [each.status_code for each in response.history],
        "authorization": response.request.headers.get("Authorization"),
    }))


show("add", lambda: requests.post(base + "/container/add", data=container, **options))
show("info", lambda: requests.get(base + "/container/info", data={"id": container["name"]}, **options))
show("redirected", lambda: requests.get(base + "/container//info", params={"id": container["name"]}, **options))
show("session", lambda: requests.Session().get(base + "/container/list", **options))
show("tarball", lambda: requests.get(base + "/container/tarball/01ARZ3NDEKTSV4RRFFQ69G5FAV/x.tar.gz", **options))
show("upload", lambda: requests.post(base + "/container/upload", files={"amd64": b"no tarball"}, data={"name": "x:1", "version": "1"}, **options))
show("remove", lambda: requests.get(base + "/container/remove", params={"id": container["name"]}, **options))
