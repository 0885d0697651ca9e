"""Speaks to the endpoint with clickhouse-connect and prints what it saw as JSON."""

import json
import logging
import sys

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.exceptions import ClickHouseError

logging.disable(logging.CRITICAL)
port, password, table = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def connect(**options):
    return clickhouse_connect.get_client(
        host="127.0.0.1", port=port, username="default", password=password, database="millrace", **options
    )


names = ["id", "name", "ratio", "list"]
bulk = [[100 + i, f"row {i}", i / 3, [float(i)]] for i in range(50_000)]
client = connect()
client.command(
    f"CREATE TABLE {table} (id UInt64, name String, ratio Nullable(Float64), list Array(Float32))"
    " ENGINE = MergeTree ORDER BY id"
)
inserted = [client.insert(table, [[1, "it's", 1.5, [1, 2]], [2, "ü", None, []]], column_names=names).written_rows]
rows = client.query(f"SELECT * FROM {table} ORDER BY id").result_rows
for compress in (False, "lz4", "zstd", "gzip"):
    inserted.append(connect(compress=compress).insert(table, bulk, column_names=names).written_rows)
arrow = pa.table({"id": pa.array([7, 8, 9], pa.uint64()), "name": ["a", "b", "c"]})
inserted.append(client.insert_arrow(table, arrow).written_rows)

bind = ("SELECT {text:String}, {number:Int32}", {"text": "it's\t1", "number": 4})
bound = client.query(bind[0], parameters=bind[1]).result_rows
form_bound = connect(form_encode_query_params=True).query(bind[0], parameters=bind[1]).result_rows

client.command("CREATE TEMPORARY TABLE mine (a Int8)")
client.command("INSERT INTO mine VALUES (1)")
temporary = client.query("SELECT * FROM mine").result_rows

try:
    client.query("SELECT * FROM nope")
    error = 0
except ClickHouseError as caught:
    error = 60 if "Code: 60." in str(caught) else str(caught)

try:
    with client.query_row_block_stream("SELECT number, throwIf(number = 5000000) FROM numbers(10000000)") as blocks:
        for _ in blocks:
            pass
    mid_stream = False
except ClickHouseError as caught:
    mid_stream = "395" in str(caught)

result = {
    "inserted": inserted,
    "rows": rows,
    "bound": bound,
    "formBound": form_bound,
    "count": client.query(f"SELECT count() FROM {table}").result_rows[0][0],
    "distinctBulk": client.query(f"SELECT uniqExact(*) FROM (SELECT * FROM {table} WHERE id >= 100)").result_rows[0][0],
    "arrowRows": client.query_arrow("SELECT number, toString(number) FROM numbers(300000)").num_rows,
    "temporary": temporary,
    "error": error,
    "midStream": mid_stream,
}
print(json.dumps(result))
