// An ordinary client with grpc-java's defaults; test/clients/README.md has the lines it reads and answers.

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

final class Client {
  /** Messages as bytes. */
  private static final MethodDescriptor.Marshaller<byte[]> RAW =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException error) {
            throw new UncheckedIOException(error);
          }
        }
      };

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final ManagedChannel channel;

  private Client(String address) {
    channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create()).build();
  }

  public static void main(String[] arguments) throws Exception {
    Client client = new Client(arguments[0]);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(client.answer(line.split(" ")));
    }
    client.channel.shutdownNow();
  }

  private String answer(String[] words) throws InterruptedException {
    return switch (words[0]) {
      case "unary" -> unary(words[1], unpacked(words[2]), Integer.parseInt(words[3]));
      case "stream" ->
          stream(words[1], unpacked(words[2]), Integer.parseInt(words[3]), Integer.parseInt(words[4]));
      case "load" -> {
        MethodType type = words[1].equals("stream") ? MethodType.SERVER_STREAMING : MethodType.UNARY;
        Load load = new Load(method(words[2], type), unpacked(words[3]), Integer.parseInt(words[4]));
        yield load.run(Integer.parseInt(words[5]));
      }
      default -> throw new IllegalArgumentException("unknown command " + words[0]);
    };
  }

  private String unary(String path, byte[] request, int milliseconds) {
    try {
      byte[] reply =
          ClientCalls.blockingUnaryCall(
              channel, method(path, MethodType.UNARY), within(milliseconds), request);
      return told(Status.OK, 1, reply, null);
    } catch (StatusRuntimeException error) {
      return failed(error, 0);
    }
  }

  private String stream(String path, byte[] request, int milliseconds, int cancelAfter) {
    int messages = 0;
    byte[] last = {};
    Context.CancellableContext context = Context.current().withCancellation();
    Context before = context.attach();
    try {
      Iterator<byte[]> replies =
          ClientCalls.blockingServerStreamingCall(
              channel, method(path, MethodType.SERVER_STREAMING), within(milliseconds), request);
      while (replies.hasNext()) {
        last = replies.next();
        if (++messages == cancelAfter) context.cancel(null);
      }
      return told(Status.OK, messages, last, null);
    } catch (StatusRuntimeException error) {
      return failed(error, messages);
    } finally {
      context.detach(before);
      context.cancel(null);
    }
  }

  /** Callers side by side, each with one call after another. */
  private final class Load {
    private final MethodDescriptor<byte[], byte[]> method;
    private final byte[] request;
    private final long end;
    private int calls;
    private int lost;
    private String first = "";

    Load(MethodDescriptor<byte[], byte[]> method, byte[] request, int milliseconds) {
      this.method = method;
      this.request = request;
      this.end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    }

    String run(int inFlight) throws InterruptedException {
      Thread[] workers = new Thread[inFlight];
      for (int i = 0; i < inFlight; i++) (workers[i] = new Thread(this::work)).start();
      for (Thread worker : workers) worker.join();
      return calls + " " + lost + " " + first.replace('\n', ' ');
    }

    private void work() {
      while (System.nanoTime() < end) {
        StatusRuntimeException failure = null;
        try {
          if (method.getType() == MethodType.UNARY) {
            ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request);
          } else {
            ClientCalls.blockingServerStreamingCall(channel, method, CallOptions.DEFAULT, request)
                .forEachRemaining(reply -> {});
          }
        } catch (StatusRuntimeException error) {
          failure = error;
        }
        count(failure);
      }
    }

    private synchronized void count(StatusRuntimeException failure) {
      calls++;
      if (failure == null) return;
      if (lost++ == 0) first = failure.getMessage();
    }
  }

  private static MethodDescriptor<byte[], byte[]> method(String path, MethodType type) {
    return MethodDescriptor.newBuilder(RAW, RAW).setType(type).setFullMethodName(path.substring(1)).build();
  }

  private static CallOptions within(int milliseconds) {
    return milliseconds == 0
        ? CallOptions.DEFAULT
        : CallOptions.DEFAULT.withDeadlineAfter(milliseconds, TimeUnit.MILLISECONDS);
  }

  private static String failed(StatusRuntimeException error, int messages) {
    Metadata trailers = error.getTrailers();
    return told(error.getStatus(), messages, null, trailers == null ? null : trailers.get(DETAILS));
  }

  private static String told(Status status, int messages, byte[] last, byte[] details) {
    return status.getCode().value() + " " + messages + " " + packed(last) + " " + packed(details);
  }

  private static String packed(byte[] value) {
    return value == null || value.length == 0 ? "-" : Base64.getEncoder().encodeToString(value);
  }

  private static byte[] unpacked(String word) {
    return word.equals("-") ? new byte[0] : Base64.getDecoder().decode(word);
  }
}
