package renkei;

import io.camunda.zeebe.process.test.api.RecordStreamSource;
import io.camunda.zeebe.process.test.api.ZeebeTestEngine;
import io.camunda.zeebe.process.test.engine.EngineFactory;
import io.camunda.zeebe.protocol.record.Record;
import io.grpc.ServerBuilder;
import io.grpc.ServerProvider;
import io.grpc.netty.NettyServerBuilder;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Runs Camunda's in-memory test engine with its gRPC gateway and writes every record to stdout as a line of JSON. */
public final class NewerEngine {
  private static final long PAUSE_MILLIS = 50;

  private NewerEngine() {}

  /** Takes the gateway's port; ends with the process. */
  public static void main(String[] args) throws Exception {
    ZeebeTestEngine engine = EngineFactory.create(Integer.parseInt(args[0]));
    engine.start();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    long written = -1;
    while (true) {
      written = write(engine.getRecordStreamSource(), written, out);
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private static long write(RecordStreamSource source, long written, PrintStream out) {
    long last = written;
    for (Record<?> record : source.getRecords()) {
      if (record.getPosition() > last) {
        last = record.getPosition();
        out.println(record.toJson());
      }
    }
    return last;
  }

  /** Keeps the gateway on this machine: the engine asks gRPC for a server on every interface. */
  public static final class LoopbackServers extends ServerProvider {
    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return 10;
    }

    @Override
    protected ServerBuilder<?> builderForPort(int port) {
      return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }
  }
}
