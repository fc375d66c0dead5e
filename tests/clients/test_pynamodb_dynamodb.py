"""PynamoDB: models over tables."""

from __future__ import annotations

from typing import Any

import pytest

from clients.running import REGION, Cloud

pynamodb = pytest.importorskip("pynamodb", reason="PynamoDB is not in this environment")

pytestmark = pytest.mark.client


def test_a_model_is_saved_queried_updated_and_deleted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
    from pynamodb.connection import Connection
    from pynamodb.exceptions import PutError, TransactWriteError
    from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
    from pynamodb.models import Model
    from pynamodb.transactions import TransactWrite

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    class ByBoard(GlobalSecondaryIndex[Any]):
        class Meta:
            index_name = "by_board"
            projection = AllProjection()

        board = UnicodeAttribute(hash_key=True)
        views = NumberAttribute(range_key=True)

    class Thread(Model):
        class Meta:
            table_name = "threads"
            host = cloud.endpoint
            region = REGION
            billing_mode = "PAY_PER_REQUEST"

        forum = UnicodeAttribute(hash_key=True)
        subject = UnicodeAttribute(range_key=True)
        board = UnicodeAttribute(null=True)
        views = NumberAttribute(default=0)
        tags: Any = ListAttribute(null=True)
        at = UTCDateTimeAttribute(null=True)
        by_board = ByBoard()

    Thread.create_table()
    cloud.foulweather("clock", "advance", "1m")
    with Thread.batch_write() as batch:
        for n in range(30):
            batch.save(Thread("f", f"s{n:02d}", board="b", views=n, tags=["x", n]))
    assert Thread.get("f", "s07").tags == ["x", 7]
    assert [each.views for each in Thread.query("f", Thread.subject.startswith("s1"), page_size=3)] == list(
        range(10, 20)
    )
    assert [each.views for each in Thread.by_board.query("b", ByBoard.views > 27)] == [28, 29]
    thread = Thread.get("f", "s00")
    thread.update(actions=[Thread.views.add(5), Thread.tags.remove()], condition=Thread.views == 0)
    assert (thread.views, thread.tags) == (5, None)
    with pytest.raises(PutError, match="ConditionalCheckFailed"):
        thread.save(condition=Thread.forum.does_not_exist())
    connection = Connection(region=REGION, host=cloud.endpoint)
    transaction = TransactWrite(connection=connection)
    transaction.save(Thread("f", "new"), condition=Thread.forum.does_not_exist())
    transaction.delete(thread, condition=Thread.views == 0)
    with pytest.raises(TransactWriteError):
        transaction._commit()  # pyright: ignore
    assert Thread.count("f") == 30
    Thread.delete_table()
