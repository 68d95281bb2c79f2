package renkei;

import io.camunda.zeebe.client.ZeebeClient;
import io.camunda.zeebe.client.api.worker.JobWorker;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Camunda's own Java client with job streaming. Protocol: tests/bench/peer.py. */
public final class JavaPeer {
  private JavaPeer() {}

  public static void main(String[] arguments) throws Exception {
    final AtomicInteger done = new AtomicInteger();
    JobWorker worker = null;
    try (ZeebeClient client =
            ZeebeClient.newClientBuilder()
                .gatewayAddress(arguments[0])
                .usePlaintext()
                .numJobWorkerExecutionThreads(4)
                .build();
        BufferedReader orders =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      say("ready");
      for (String line = orders.readLine(); line != null; line = orders.readLine()) {
        final String[] words = line.split(" ");
        if (words[0].equals("open")) {
          done.set(0);
          worker = open(client, words[1], Integer.parseInt(words[2]), done);
          say("opened");
        } else if (worker != null) {
          worker.close();
          say("closed " + done.get());
        }
      }
    }
    System.exit(0);
  }

  private static JobWorker open(
      final ZeebeClient client, final String type, final int wanted, final AtomicInteger done) {
    return client
        .newWorker()
        .jobType(type)
        .handler(
            (jobs, job) ->
                jobs.newCompleteCommand(job)
                    .variables(Map.of("echoed", job.getVariablesAsMap().get("number")))
                    .send()
                    .whenComplete(
                        (answer, error) -> {
                          if (error == null && done.incrementAndGet() == wanted) {
                            say("done " + wanted);
                          }
                        }))
        .timeout(Duration.ofMinutes(1))
        .maxJobsActive(100)
        .streamEnabled(true)
        .open();
  }

  private static synchronized void say(final String words) {
    System.out.println(words);
    System.out.flush();
  }
}
