"""Sends what HySDS's own scripts send, with the library they use, and prints the answers as JSON lines.

Usage: hysds-clients.py URL. The requests are those of container-builder 1.2 (container-met, job-met, io-met) and of
hysds_commons' mozart_call: form fields in order, a form body on GET, no JSON anywhere.
"""
import json
import sys

import requests
import urllib3

urllib3.disable_warnings()
base = sys.argv[1]


def show(name, response):
    print(json.dumps({"name": name, "status": response.status_code, "body": response.json()}))


def container_met():
    urls = {}
    for key in ("x86_64", "amd64"):
        urls[key] = "s3://bucket/container-foo:1.0.tar.gz"
    for key in ("arm64", "aarch64"):
        urls[key] = "s3://bucket/container-foo:1.0-arm64.tar.gz"
    fields = {
        "name": "container-foo:1.0",
        "version": "1.0",
        "url": "s3://bucket/container-foo:1.0.tar.gz",
        "resource": "container",
        "digest": "sha256:aa",
        "urls": json.dumps(urls),
    }
    response = requests.post(base + "/container/add", data=fields, verify=False)
    response.raise_for_status()
    show("container-met", response)


def job_met():
    response = requests.get(base + "/container/info?id=container-foo:1.0", verify=False)
    response.raise_for_status()
    show("job-met check", response)
    spec = {"id": "job-foo:1.0", "container": "container-foo:1.0", "params": [], "soft_time_limit": 1.0}
    response = requests.post(base + "/job_spec/add", data={"spec": json.dumps(spec)}, verify=False)
    response.raise_for_status()
    show("job-met", response)


def io_met():
    show("io-met unknown", requests.get(base + "/hysds_io/type", data={"id": "hysds-io-foo:1.0"}, verify=False))
    spec = {"id": "hysds-io-foo:1.0", "job-specification": "job-foo:1.0", "label": "caf\u00e9"}
    response = requests.post(base + "/hysds_io/add", data={"spec": json.dumps(spec)}, verify=False)
    response.raise_for_status()
    show("io-met", response)
    show("io-met known", requests.get(base + "/hysds_io/type", data={"id": "hysds-io-foo:1.0"}, verify=False))


def others():
    headers = {"content-type": "application/json"}
    show("MAAP list", requests.get(base + "/job_spec/list", headers=headers, verify=False))
    show("MAAP type", requests.get(base + "/job_spec/type", params={"id": "job-foo:1.0"}, headers=headers, verify=False))
    show("mozart_call", requests.get(base + "/container/info", data={"id": "container-foo:1.0"}, verify=False))
    show("basic auth", requests.get(base + "/container/list", auth=("user", "secret"), verify=False))
    show("remove", requests.get(base + "/job_spec/remove", params={"id": "job-foo:1.0"}, verify=False))


container_met()
job_met()
io_met()
others()
