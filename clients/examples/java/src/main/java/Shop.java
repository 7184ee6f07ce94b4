import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import pannier.v1.Predicate.Int64Predicate;
import pannier.v1.Predicate.StringPredicate;
import pannier.v1.Transaction.TransactionServiceExecuteRequest;
import pannier.v1.TransactionServiceGrpc;
import shop.v1.OrderOuterClass.Order;
import shop.v1.OrderRepositoryGrpc;
import shop.v1.OrderRepositoryOuterClass.OrderFilter;
import shop.v1.OrderRepositoryOuterClass.OrderRepositoryCountRequest;
import shop.v1.OrderRepositoryOuterClass.OrderRepositoryCreateRequest;
import shop.v1.OrderRepositoryOuterClass.OrderRepositoryCreateResponse;
import shop.v1.ProductOuterClass.Product;
import shop.v1.ProductRepositoryGrpc;
import shop.v1.ProductRepositoryOuterClass.ProductFilter;
import shop.v1.ProductRepositoryOuterClass.ProductKey;
import shop.v1.ProductRepositoryOuterClass.ProductRepositoryCreateRequest;
import shop.v1.ProductRepositoryOuterClass.ProductRepositoryGetRequest;
import shop.v1.ProductRepositoryOuterClass.ProductRepositoryListRequest;
import shop.v1.ProductRepositoryOuterClass.ProductRepositoryScanRequest;
import shop.v1.ProductRepositoryOuterClass.ProductRepositoryUpdateRequest;
import shop.v1.ProductRepositoryOuterClass.ProductRepositoryUpdateResponse;

/** A small shop on the generated stubs: create, get, filtered list, conditional update, scan, Execute, and what errors say. */
public final class Shop {
  private static final int DEADLINE = 10; // seconds, for every call

  private final ManagedChannel channel;
  private final String category = "light-" + System.nanoTime();

  private Shop(ManagedChannel channel) {
    this.channel = channel;
  }

  public static void main(String[] arguments) throws Exception {
    String target = arguments.length > 0 ? arguments[0] : "127.0.0.1:7070";
    ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build();
    try {
      new Shop(channel).run();
    } finally {
      channel.shutdownNow().awaitTermination(DEADLINE, TimeUnit.SECONDS);
    }
  }

  private ProductRepositoryGrpc.ProductRepositoryBlockingStub products() {
    return ProductRepositoryGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE, TimeUnit.SECONDS);
  }

  private void run() throws Exception {
    Product lamp = create("Lamp", "12.5", 3);
    System.out.printf("created %s: %s %s, version %d%n", lamp.getName(), lamp.getPrice(), lamp.getCurrency(), lamp.getVersion());
    create("Chandelier", "980", 0);

    Product got = get(lamp.getId());
    System.out.printf("got %s: %d in stock%n", got.getName(), got.getStock());
    System.out.printf("listed what can be sold: %s%n", names(listed()));

    Product sold = products().update(sale(lamp.getId(), 2)).getEntity();
    System.out.printf("sold 2 of %s: %d left%n", sold.getName(), sold.getStock());
    ErrorInfo refused = infoOf(failureOf(() -> products().update(sale(lamp.getId(), 2))));
    System.out.printf("refused to sell 2 more: %s of %s%n", refused.getReason(), refused.getMetadataOrThrow("entity"));

    System.out.printf("scanned: %s%n", names(scanned()));
    order(lamp);

    ErrorInfo missed = infoOf(failureOf(() -> get("none")));
    System.out.printf("missed: %s of %s%n", missed.getReason(), missed.getMetadataOrThrow("entity"));
    StatusRuntimeException mistaken = failureOf(() -> create("Torch", "cheap", 1));
    System.out.printf("mistaken: %s in %s%n", infoOf(mistaken).getReason(), fieldsOf(mistaken));
  }

  private Product create(String name, String price, int stock) {
    Product product =
        Product.newBuilder().setName(name).setPrice(price).setCurrency("EUR").setCategory(category).setStock(stock).build();
    return products().create(ProductRepositoryCreateRequest.newBuilder().setEntity(product).build()).getEntity();
  }

  private Product get(String id) {
    ProductKey key = ProductKey.newBuilder().setId(id).build();
    return products().get(ProductRepositoryGetRequest.newBuilder().setKey(key).build()).getEntity();
  }

  /** Served by the index on category; what else is asked is looked at row by row. */
  private List<Product> listed() {
    ProductFilter where =
        ProductFilter.newBuilder()
            .setCategory(StringPredicate.newBuilder().setEq(category))
            .setStock(Int64Predicate.newBuilder().setGte(1))
            .build();
    return products().list(ProductRepositoryListRequest.newBuilder().setWhere(where).setPageSize(10).build()).getEntitiesList();
  }

  /** The condition and the write are one step: two callers never sell the same piece. */
  private static ProductRepositoryUpdateRequest sale(String id, int pieces) {
    return ProductRepositoryUpdateRequest.newBuilder()
        .setEntity(Product.newBuilder().setId(id))
        .setIncrement(Product.newBuilder().setStock(-pieces))
        .setCondition(ProductFilter.newBuilder().setStock(Int64Predicate.newBuilder().setGte(pieces)))
        .build();
  }

  /** A stream of frames, each with a token that goes on after it. */
  private List<Product> scanned() {
    ProductFilter where = ProductFilter.newBuilder().setCategory(StringPredicate.newBuilder().setEq(category)).build();
    List<Product> all = new ArrayList<>();
    products()
        .scan(ProductRepositoryScanRequest.newBuilder().setWhere(where).build())
        .forEachRemaining(frame -> all.addAll(frame.getEntitiesList()));
    return all;
  }

  /** An order and the piece it takes, both or neither. */
  private void order(Product lamp) throws InvalidProtocolBufferException {
    String user = "buyer-of-" + lamp.getId();
    Order.Builder open =
        Order.newBuilder().setUserId(user).setTotalAmount(lamp.getPrice()).setCurrency(lamp.getCurrency()).setStatus("open");
    Message create = OrderRepositoryCreateRequest.newBuilder().setEntity(open).build();
    List<Any> results = execute(create, sale(lamp.getId(), 1));
    Order order = results.get(0).unpack(OrderRepositoryCreateResponse.class).getEntity();
    Product sold = results.get(1).unpack(ProductRepositoryUpdateResponse.class).getEntity();
    System.out.printf("executed: an order of %s %s, %d left%n", order.getTotalAmount(), order.getCurrency(), sold.getStock());

    ErrorInfo refused = infoOf(failureOf(() -> execute(create, sale(lamp.getId(), 1))));
    OrderFilter where = OrderFilter.newBuilder().setUserId(StringPredicate.newBuilder().setEq(user)).build();
    long count =
        OrderRepositoryGrpc.newBlockingStub(channel)
            .withDeadlineAfter(DEADLINE, TimeUnit.SECONDS)
            .count(OrderRepositoryCountRequest.newBuilder().setWhere(where).build())
            .getCount();
    String index = refused.getMetadataOrThrow("index");
    System.out.printf("refused the next order: %s in operation %s; orders: %d%n", refused.getReason(), index, count);
  }

  private List<Any> execute(Message... requests) {
    TransactionServiceExecuteRequest.Builder request = TransactionServiceExecuteRequest.newBuilder();
    for (Message operation : requests) request.addOperations(Any.pack(operation));
    return TransactionServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE, TimeUnit.SECONDS)
        .execute(request.build())
        .getResultsList();
  }

  private static String names(List<Product> products) {
    return products.stream().map(Product::getName).sorted().collect(Collectors.joining(", "));
  }

  private static StatusRuntimeException failureOf(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException failure) {
      return failure;
    }
    throw new IllegalStateException("the call should have been refused");
  }

  /** The reason, and what it concerns; empty for an error that the sidecar did not make. */
  private static ErrorInfo infoOf(StatusRuntimeException failure) throws InvalidProtocolBufferException {
    for (Any detail : detailsOf(failure)) if (detail.is(ErrorInfo.class)) return detail.unpack(ErrorInfo.class);
    return ErrorInfo.getDefaultInstance();
  }

  /** The fields of the request that are mistaken. */
  private static String fieldsOf(StatusRuntimeException failure) throws InvalidProtocolBufferException {
    List<String> fields = new ArrayList<>();
    for (Any detail : detailsOf(failure))
      if (detail.is(BadRequest.class))
        for (BadRequest.FieldViolation violation : detail.unpack(BadRequest.class).getFieldViolationsList())
          fields.add(violation.getField());
    return String.join(", ", fields);
  }

  private static List<Any> detailsOf(StatusRuntimeException failure) {
    Status status = StatusProto.fromThrowable(failure);
    return status == null ? List.of() : status.getDetailsList();
  }
}
