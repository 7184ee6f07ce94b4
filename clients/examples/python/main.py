"""A small shop on the generated stubs: create, get, filtered list, conditional update, scan, Execute, and what errors say."""

import sys
import time
from pathlib import Path

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, str(Path(__file__).parent / "gen"))  # generated modules import each other from there

from pannier.v1 import predicate_pb2, transaction_pb2, transaction_pb2_grpc
from shop.v1 import order_pb2, order_repository_pb2, order_repository_pb2_grpc
from shop.v1 import product_pb2, product_repository_pb2, product_repository_pb2_grpc

DEADLINE = 10  # seconds, for every call


class Shop:
    def __init__(self, channel: grpc.Channel, category: str) -> None:
        self.products = product_repository_pb2_grpc.ProductRepositoryStub(channel)
        self.orders = order_repository_pb2_grpc.OrderRepositoryStub(channel)
        self.transactions = transaction_pb2_grpc.TransactionServiceStub(channel)
        self.category = category

    def run(self) -> None:
        lamp = self.create("Lamp", "12.5", 3)
        print(f"created {lamp.name}: {lamp.price} {lamp.currency}, version {lamp.version}")
        self.create("Chandelier", "980", 0)

        request = product_repository_pb2.ProductRepositoryGetRequest(
            key=product_repository_pb2.ProductKey(id=lamp.id)
        )
        got = self.products.Get(request, timeout=DEADLINE).entity
        print(f"got {got.name}: {got.stock} in stock")
        print(f"listed what can be sold: {names(self.listed())}")

        sold = self.products.Update(sale(lamp.id, 2), timeout=DEADLINE).entity
        print(f"sold 2 of {sold.name}: {sold.stock} left")
        info = info_of(failure_of(lambda: self.products.Update(sale(lamp.id, 2), timeout=DEADLINE)))
        print(f"refused to sell 2 more: {info.reason} of {info.metadata['entity']}")

        print(f"scanned: {names(self.scanned())}")
        self.order(lamp)

        missing = product_repository_pb2.ProductRepositoryGetRequest(
            key=product_repository_pb2.ProductKey(id="none")
        )
        info = info_of(failure_of(lambda: self.products.Get(missing, timeout=DEADLINE)))
        print(f"missed: {info.reason} of {info.metadata['entity']}")
        failure = failure_of(lambda: self.create("Torch", "cheap", 1))
        print(f"mistaken: {info_of(failure).reason} in {', '.join(fields_of(failure))}")

    def create(self, name: str, price: str, stock: int) -> product_pb2.Product:
        product = product_pb2.Product(
            name=name, price=price, currency="EUR", category=self.category, stock=stock
        )
        request = product_repository_pb2.ProductRepositoryCreateRequest(entity=product)
        return self.products.Create(request, timeout=DEADLINE).entity

    def listed(self) -> list[product_pb2.Product]:
        """Served by the index on category; what else is asked is looked at row by row."""
        where = product_repository_pb2.ProductFilter(
            category=predicate_pb2.StringPredicate(eq=self.category),
            stock=predicate_pb2.Int64Predicate(gte=1),
        )
        request = product_repository_pb2.ProductRepositoryListRequest(where=where, page_size=10)
        return list(self.products.List(request, timeout=DEADLINE).entities)

    def scanned(self) -> list[product_pb2.Product]:
        """A stream of frames, each with a token that goes on after it."""
        where = product_repository_pb2.ProductFilter(
            category=predicate_pb2.StringPredicate(eq=self.category)
        )
        request = product_repository_pb2.ProductRepositoryScanRequest(where=where)
        frames = self.products.Scan(request, timeout=DEADLINE)
        return [product for frame in frames for product in frame.entities]

    def order(self, lamp: product_pb2.Product) -> None:
        """An order and the piece it takes, both or neither."""
        user = f"buyer-of-{lamp.id}"
        create = order_repository_pb2.OrderRepositoryCreateRequest(
            entity=order_pb2.Order(
                user_id=user, total_amount=lamp.price, currency=lamp.currency, status="open"
            )
        )
        results = self.execute(create, sale(lamp.id, 1))
        ordered = order_repository_pb2.OrderRepositoryCreateResponse()
        sold = product_repository_pb2.ProductRepositoryUpdateResponse()
        results[0].Unpack(ordered)
        results[1].Unpack(sold)
        order = ordered.entity
        print(f"executed: an order of {order.total_amount} {order.currency}, {sold.entity.stock} left")

        info = info_of(failure_of(lambda: self.execute(create, sale(lamp.id, 1))))
        where = order_repository_pb2.OrderFilter(user_id=predicate_pb2.StringPredicate(eq=user))
        request = order_repository_pb2.OrderRepositoryCountRequest(where=where)
        count = self.orders.Count(request, timeout=DEADLINE).count
        print(f"refused the next order: {info.reason} in operation {info.metadata['index']}; orders: {count}")

    def execute(self, *requests) -> list[Any]:
        operations = []
        for request in requests:
            operation = Any()
            operation.Pack(request)
            operations.append(operation)
        request = transaction_pb2.TransactionServiceExecuteRequest(operations=operations)
        return list(self.transactions.Execute(request, timeout=DEADLINE).results)


def sale(id: str, pieces: int) -> product_repository_pb2.ProductRepositoryUpdateRequest:
    """The condition and the write are one step: two callers never sell the same piece."""
    return product_repository_pb2.ProductRepositoryUpdateRequest(
        entity=product_pb2.Product(id=id),
        increment=product_pb2.Product(stock=-pieces),
        condition=product_repository_pb2.ProductFilter(stock=predicate_pb2.Int64Predicate(gte=pieces)),
    )


def names(products: list[product_pb2.Product]) -> str:
    return ", ".join(sorted(product.name for product in products))


def failure_of(call) -> grpc.RpcError:
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call should have been refused")


def detail_of(error: grpc.RpcError, detail):
    """Fills `detail` with what the status holds of its type; it stays empty where the sidecar did not make the error."""
    status = rpc_status.from_call(error)
    for packed in status.details if status else []:
        if packed.Unpack(detail):
            break
    return detail


def info_of(error: grpc.RpcError) -> error_details_pb2.ErrorInfo:
    """The reason, and what it concerns."""
    return detail_of(error, error_details_pb2.ErrorInfo())


def fields_of(error: grpc.RpcError) -> list[str]:
    """The fields of the request that are mistaken."""
    bad = detail_of(error, error_details_pb2.BadRequest())
    return [violation.field for violation in bad.field_violations]


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7070"
    with grpc.insecure_channel(target) as channel:
        Shop(channel, f"light-{time.time_ns()}").run()
