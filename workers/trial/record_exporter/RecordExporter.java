package renkei;

import io.camunda.zeebe.exporter.api.Exporter;
import io.camunda.zeebe.exporter.api.context.Context;
import io.camunda.zeebe.exporter.api.context.Controller;
import io.camunda.zeebe.protocol.record.Record;
import io.camunda.zeebe.protocol.record.RecordType;
import io.camunda.zeebe.protocol.record.ValueType;
import io.camunda.zeebe.protocol.record.value.JobBatchRecordValue;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/**
 * Writes each event of the wanted kinds as a line of JSON to a socket of whoever started the broker, the moment it is exported. Nothing
 * is answered: what was written reaches the reader, who outlives the broker, and knows again what comes twice.
 */
public final class RecordExporter implements Exporter {
  private static final int NOTED_EVERY = 100;

  private int port;
  private Socket socket;
  private OutputStream out;
  private Controller controller;
  private int unnoted;

  @Override
  public void configure(Context context) {
    Map<String, Object> arguments = context.getConfiguration().getArguments();
    port = Integer.parseInt(String.valueOf(arguments.get("port")));
    Set<String> kinds = Set.of(String.valueOf(arguments.get("kinds")).split(" "));
    context.setFilter(
        new Context.RecordFilter() {
          @Override
          public boolean acceptType(RecordType type) {
            return type == RecordType.EVENT;
          }

          @Override
          public boolean acceptValue(ValueType type) {
            return kinds.contains(type.name());
          }
        });
  }

  @Override
  public void open(Controller controller) {
    this.controller = controller;
  }

  @Override
  public void export(Record<?> record) {
    try {
      if (socket == null) {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
      }
      out.write((json(record) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      close();
      throw new RuntimeException(e); // Zeebe tries the record again
    }
    if (++unnoted == NOTED_EVERY) {
      unnoted = 0;
      controller.updateLastExportedRecordPosition(record.getPosition());
    }
  }

  @Override
  public void close() {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException e) {
      // its other end has gone
    }
    socket = null;
  }

  /** Returns the record; of a batch of jobs only their keys, as their variables are most of all that is exported. */
  private static String json(Record<?> record) {
    if (record.getValueType() != ValueType.JOB_BATCH) {
      return record.toJson();
    }
    return String.format(
        "{\"recordType\":\"EVENT\",\"valueType\":\"JOB_BATCH\",\"intent\":\"%s\",\"key\":%d,\"partitionId\":%d,"
            + "\"position\":%d,\"value\":{\"jobKeys\":%s}}",
        record.getIntent().name(),
        record.getKey(),
        record.getPartitionId(),
        record.getPosition(),
        ((JobBatchRecordValue) record.getValue()).getJobKeys());
  }
}
