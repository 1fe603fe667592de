"""Does to a search engine what HySDS's Python does, with the clients that HySDS uses, and prints one line of JSON.

Usage: hysds-commons.py elasticsearch|opensearch URL COMMAND [ARGUMENT]
  resolve JOB   what hysds_commons puts into a job before it is queued, and what a worker of each machine then loads
  ids INDEX     the list of an index as Mozart's REST service makes it
  ls, export ID, import (a manifest on stdin), rm ID
                sds pkg 2.1, except that the tarballs stay where they are
"""
import json
import os
import sys

BUCKET = "s3://code-bucket"
HYSDS_IOS = ("hysds_ios-mozart", "hysds_ios-grq")


def connect(client, url):
    if client == "opensearch":
        from opensearchpy import OpenSearch
        return OpenSearch([url], verify_certs=False, ssl_show_warn=False)
    from elasticsearch import Elasticsearch
    return Elasticsearch([url])


def source(index, key):
    return engine.get(index=index, id=key)["_source"]


def query(index, body=None, **options):
    """All hits by from and size, page after page until an empty one; an index that is missing has none."""
    hits, page = [], None
    while page is None or page:
        page = engine.search(index=index, body=body, from_=len(hits), size=1000, ignore_unavailable=True,
                             allow_no_indices=True, expand_wildcards="open", **options)["hits"]["hits"]
        hits += page
    return hits


def sources(index, field, value):
    return [hit["_source"] for hit in query(index, {"query": {"term": {field + ".keyword": value}}})]


def resolve(job):
    spec = source("job_specs", job)
    container = source("containers", spec["container"])
    url, urls = container.get("url"), container.get("urls")
    by_machine = json.loads(urls) if urls else {}
    return {
        "job_type": "job:" + job,
        "container_image_name": container["id"],
        "container_image_url": url,
        "container_image_urls": urls,
        "payload": {"job_specification": spec, "container_specification": container},
        "loaded": {machine: by_machine.get(machine, url) for machine in ("x86_64", "aarch64")},
    }


def relocated(container, move):
    """The container with each of its tarballs where `move` says; `urls` stays the text of a JSON object."""
    moved = dict(container)
    if container.get("urls"):
        moved["urls"] = json.dumps({arch: move(url) for arch, url in json.loads(container["urls"]).items()})
    if container.get("url") is not None:
        moved["url"] = move(container["url"])
    return moved


def export(key):
    found = engine.get(index="containers", id=key, ignore=404)
    if found["found"] is False:
        return None
    specs = sources("job_specs", "container", key)
    ios = [io for spec in specs for index in HYSDS_IOS for io in sources(index, "job-specification", spec["id"])]
    downloads = sorted(set(json.loads(found["_source"].get("urls") or "{}").values()))
    return {
        "downloads": downloads,
        "manifest": {"containers": relocated(found["_source"], os.path.basename), "job_specs": specs, "hysds_ios": ios},
    }


def import_manifest():
    manifest = json.load(sys.stdin)
    container = relocated(manifest["containers"], lambda name: BUCKET + "/" + name)
    documents = [("containers", container)] + [("job_specs", spec) for spec in manifest["job_specs"]]
    for io in manifest["hysds_ios"]:
        documents.append((HYSDS_IOS[0 if io.get("component") in ("mozart", "figaro") else 1], io))
    return [engine.index(index=index, body=body, id=body["id"])["result"] for index, body in documents]


def rm(key):
    container = source("containers", key)
    removed = [engine.delete(index="containers", id=container["id"])]
    for spec in sources("job_specs", "container", key):
        for index in HYSDS_IOS:
            for io in sources(index, "job-specification", spec["id"]):
                removed.append(engine.delete(index=index, id=io["id"]))
        removed.append(engine.delete(index="job_specs", id=spec["id"]))
    return [[answer["_index"], answer["_id"], answer["result"]] for answer in removed]


COMMANDS = {
    "resolve": resolve,
    "ids": lambda index: [hit["_id"] for hit in query(index, _source=False)],
    "ls": lambda: [hit["_id"] for hit in query("containers")],
    "export": export,
    "import": import_manifest,
    "rm": rm,
}

engine = connect(*sys.argv[1:3])
print(json.dumps(COMMANDS[sys.argv[3]](*sys.argv[4:])))
