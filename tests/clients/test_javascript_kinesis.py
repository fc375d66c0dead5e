"""HTTP/2 as real clients speak it: the AWS SDK for JavaScript's Kinesis client, which speaks nothing else, and curl.

FOULWEATHER_NODE_MODULES names a folder `node_modules` with @aws-sdk/client-kinesis.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clients.running import NODE_MODULES, Cloud, found_tool, running

pytestmark = pytest.mark.client

SCRIPT = """
const kinesis = require("@aws-sdk/client-kinesis");
const StreamName = "clicks";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const put = (client, ...words) => client.send(new kinesis.PutRecordsCommand({
  StreamName, Records: words.map((word) => ({ Data: Buffer.from(word), PartitionKey: word })),
}));
const words = (records) => records.map((record) => Buffer.from(record.Data).toString());

async function main() {
  const client = new kinesis.KinesisClient({});
  const secure = new kinesis.KinesisClient({ endpoint: process.env.AWS_ENDPOINT_URL.replace("http:", "https:") });
  await client.send(new kinesis.CreateStreamCommand({ StreamName, ShardCount: 1 }));
  await kinesis.waitUntilStreamExists({ client, maxWaitTime: 60, minDelay: 1 }, { StreamName });
  await Promise.all(Array.from({ length: 30 }, (_, n) => put(client, "w" + n)));
  const { Shards } = await client.send(new kinesis.ListShardsCommand({ StreamName }));
  const { ShardIterator } = await client.send(new kinesis.GetShardIteratorCommand({
    StreamName, ShardId: Shards[0].ShardId, ShardIteratorType: "TRIM_HORIZON",
  }));
  const got = words((await secure.send(new kinesis.GetRecordsCommand({ ShardIterator }))).Records);

  const { StreamDescriptionSummary } = await client.send(new kinesis.DescribeStreamSummaryCommand({ StreamName }));
  const { Consumer } = await client.send(new kinesis.RegisterStreamConsumerCommand({
    StreamARN: StreamDescriptionSummary.StreamARN, ConsumerName: "dashboard",
  }));
  const { ConsumerARN } = Consumer;
  let status;
  do {
    await sleep(100);
    const asked = new kinesis.DescribeStreamConsumerCommand({ ConsumerARN });
    status = (await client.send(asked)).ConsumerDescription.ConsumerStatus;
  } while (status !== "ACTIVE");
  const { EventStream } = await client.send(new kinesis.SubscribeToShardCommand({
    ConsumerARN, ShardId: Shards[0].ShardId, StartingPosition: { Type: "TRIM_HORIZON" },
  }));
  const pushed = [];
  for await (const event of EventStream) {
    pushed.push(...words(event.SubscribeToShardEvent.Records));
    if (pushed.length === got.length) await put(secure, "live");
    if (pushed.includes("live")) break;
  }
  let refusal;
  try {
    await client.send(new kinesis.GetRecordsCommand({ ShardIterator: "nonsense" }));
  } catch (error) {
    refusal = [error.name, error.$metadata.httpStatusCode];
  }
  client.destroy();
  console.log(JSON.stringify({ got: got.sort(), pushed: pushed.sort(), refusal }));
}
main().then(() => process.exit(0)).catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A server that speaks TLS."""
    with running(tmp_path_factory.mktemp("home"), "--tls") as started:
        yield started


def certificate(cloud: Cloud) -> Path:
    """The authority that signed for the server."""
    return next(cloud.home.rglob("ca.pem"))


@pytest.mark.needs("node", "@aws-sdk/client-kinesis")
def test_the_sdk_for_javascript_puts_reads_and_is_pushed_records(https: Cloud) -> None:
    https.foulweather("clock", "release", "--rate", "10")
    place = https.aimed(https.user("reader", may="kinesis:*")) | {"NODE_PATH": str(NODE_MODULES.resolve())}
    place["NODE_EXTRA_CA_CERTS"] = str(certificate(https))
    told = json.loads(https.run(found_tool("node") or "node", "-e", SCRIPT, **place))
    words = sorted(f"w{n}" for n in range(30))
    assert told == {"got": words, "pushed": sorted([*words, "live"]), "refusal": ["InvalidArgumentException", 400]}


@pytest.mark.needs("curl")
@pytest.mark.parametrize("choice", ["--http2-prior-knowledge", "--http2", "--http1.1"])
def test_curl_moves_a_large_object(choice: str, https: Cloud, tmp_path: Path) -> None:
    if b"HTTP2" not in subprocess.run(["curl", "--version"], capture_output=True, check=True).stdout:
        pytest.skip("this curl speaks no HTTP/2")
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(bytes(range(256)) * 40_000)
    where = https.endpoint if choice == "--http2-prior-knowledge" else https.endpoint.replace("http:", "https:")
    bucket = f"curl{choice.strip('-').replace('.', '-')}"
    https.client("s3").create_bucket(Bucket=bucket)
    signed = [
        "--user",
        "test:test",
        "--aws-sigv4",
        "aws:amz:us-east-1:s3",
        "-H",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
    ]
    curl = ["curl", "-sS", choice, "--cacert", str(certificate(https)), *signed, "-w", "%{http_code} %{http_version}"]
    version = "1.1" if choice == "--http1.1" else "2"
    url = f"{where}/{bucket}/large"
    assert https.run(*curl, "-T", str(sent), url) == f"200 {version}"
    assert https.run(*curl, "-o", str(received), url) == f"200 {version}"
    assert received.read_bytes() == sent.read_bytes()
    assert https.run(*curl, "-o", "/dev/null", "-T", str(sent), f"{where}/no-such-bucket/x") == f"404 {version}"
