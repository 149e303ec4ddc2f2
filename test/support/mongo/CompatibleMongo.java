import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/**
 * A MongoDB-compatible server in memory, on 127.0.0.1 and the port given (0: any). It says which on
 * its first line, and ends with its standard input unless the second argument is "detached".
 */
public final class CompatibleMongo {
  /** What current drivers ask for at least; left at its own version the server is refused. */
  private static final MongoVersion MONGO_5 = new MongoVersion() {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 13;
    }
  };

  public static void main(String[] arguments) throws Exception {
    MongoServer server = new MongoServer(new MemoryBackend().version(MONGO_5));
    server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
    System.out.println("listening on " + server.getLocalAddress().getPort());
    System.out.flush();
    if (arguments.length > 1 && arguments[1].equals("detached")) {
      Thread.currentThread().join();
    }
    while (System.in.read() >= 0) {
      // Nothing is said to this server; the end of its input is what counts.
    }
    server.shutdownNow();
    System.exit(0);
  }
}
