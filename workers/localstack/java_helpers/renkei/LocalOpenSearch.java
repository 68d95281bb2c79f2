package renkei;

import java.io.IOException;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/**
 * Starts one OpenSearch node on the HTTP port that it is told. The runner's own main refuses every port above 9299 and
 * silently takes the next one when a port is in use; both would break a stack with a port offset.
 */
public final class LocalOpenSearch {
  private LocalOpenSearch() {}

  /** Takes the runner's own arguments; the HTTP port is {@code -baseHttpPort} plus one. Ends on SIGTERM. */
  public static void main(String[] args) throws Exception {
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.setMaxHttpPort(-1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(runner)));
    try {
      runner.build(args);
    } catch (Exception e) {
      e.printStackTrace();
      System.exit(1);
    }
    Thread.currentThread().join();
  }

  private static void close(OpenSearchRunner runner) {
    try {
      runner.close();
    } catch (IOException e) {
      e.printStackTrace();
    }
  }
}
