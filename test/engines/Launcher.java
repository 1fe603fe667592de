import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Starts a single node of Elasticsearch 7 to 9 or OpenSearch 1 to 3 in this process, by reflection alone, so that one
 * class serves all of them. Arguments: HOME DATA PORT [setting=value ...]. It says STARTED when it listens, and ends
 * when its standard input does: an engine never outlives the test that started it.
 */
public final class Launcher {
  private static final String OPENSEARCH = "org.opensearch.";
  private static final String PREFIX = exists(OPENSEARCH + "node.Node") ? OPENSEARCH : "org.elasticsearch.";
  private static final List<String> TRANSPORTS =
      List.of("transport.netty4.Netty4Plugin", "transport.Netty4ModulePlugin", "transport.Netty4Plugin");
  /** Analyzers beyond the standard ones, where they are published. */
  private static final String ANALYSIS = "analysis.common.CommonAnalysisPlugin";

  /** On the class path of one line only: it makes the engine ask for users and speak TLS. */
  private static final String SECURITY = "security.OpenSearchSecurityPlugin";

  public static void main(String[] args) throws Exception {
    try {
      start(Path.of(args[0]), Path.of(args[1]), args[2], List.of(args).subList(3, args.length));
    } catch (InvocationTargetException e) {
      e.getCause().printStackTrace(System.out);
      System.exit(1);
    }
    System.out.println("STARTED");
    while (System.in.read() >= 0) { }
    Runtime.getRuntime().halt(0);
  }

  private static void start(Path home, Path data, String port, List<String> more) throws Exception {
    Object environment = environment(home, settings(home, data, port, more));
    Object node = Files.isDirectory(home.resolve("modules")) ? modular(home, environment) : classic(environment);
    type("node.Node").getMethod("start").invoke(node);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try { type("node.Node").getMethod("close").invoke(node); } catch (Exception e) { e.printStackTrace(); }
    }));
  }

  private static Map<String, String> settings(Path home, Path data, String port, List<String> more) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("path.home", home.toString());
    settings.put("path.data", data.resolve("data").toString());
    settings.put("path.logs", data.resolve("logs").toString());
    settings.put("cluster.name", "leporello-test");
    settings.put("node.name", "engine");
    settings.put("network.host", "127.0.0.1");
    settings.put("http.port", port);
    settings.put("transport.port", "0");
    settings.put("discovery.type", "single-node");
    settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
    for (String setting : more) settings.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);
    return settings;
  }

  private static Object environment(Path home, Map<String, String> given) throws Exception {
    Class<?> settings = type("common.settings.Settings"), logs = type("common.logging.LogConfigurator");
    Supplier<String> name = () -> "engine";
    logs.getMethod("setNodeName", String.class).invoke(null, name.get());
    try { // Elasticsearch 8 and later
      logs.getMethod("configureESLogging").invoke(null);
    } catch (NoSuchMethodException e) { /* the others have no such step */ }
    Object environment = type("node.InternalSettingsPreparer")
        .getMethod("prepareEnvironment", settings, Map.class, Path.class, Supplier.class)
        .invoke(null, settings.getField("EMPTY").get(null), given, home.resolve("config"), name);
    Object effective = type("env.Environment").getMethod("settings").invoke(environment);
    logs.getMethod("configureWithoutConfig", settings).invoke(null, effective);
    return environment;
  }

  /** Elasticsearch 7 and OpenSearch: plugins are classes on the class path. */
  private static Object classic(Object environment) throws Exception {
    List<Object> plugins = new ArrayList<>();
    String transport = TRANSPORTS.stream().filter(name -> exists(PREFIX + name)).findFirst().orElseThrow();
    for (String plugin : List.of(transport, ANALYSIS, SECURITY)) {
      if (exists(PREFIX + plugin)) plugins.add(takesPluginInfo() ? info(PREFIX + plugin) : type(plugin));
    }
    Constructor<?> constructor =
        type("node.Node").getDeclaredConstructor(type("env.Environment"), Collection.class, boolean.class);
    constructor.setAccessible(true);
    return constructor.newInstance(environment, plugins, false);
  }

  /** Elasticsearch 8.18 and later: plugins are modules in a folder. */
  private static Object modular(Path home, Object environment) throws Exception {
    Class<?> loader = type("plugins.PluginsLoader");
    Path modules = home.resolve("modules");
    Object bundles;
    try {
      bundles = loader.getMethod("loadModulesBundles", Path.class).invoke(null, modules);
    } catch (NoSuchMethodException e) {
      bundles = loader.getMethod("loadModulesBundles", Path.class, boolean.class).invoke(null, modules, false);
    }
    Object plugins = loader.getMethod("createPluginsLoader", Set.class, Set.class, Map.class, boolean.class)
        .invoke(null, bundles, Set.of(), Map.of(), false);
    Object node = type("node.Node").getConstructor(type("env.Environment"), loader).newInstance(environment, plugins);
    answerRoot(node);
    return node;
  }

  private static boolean takesPluginInfo() {
    for (Constructor<?> constructor : type("node.Node").getDeclaredConstructors()) {
      if (constructor.toGenericString().contains("PluginInfo")) return true;
    }
    return false;
  }

  /** OpenSearch 2.19 and later want a description of the plugin instead of its class. */
  private static Object info(String plugin) throws Exception {
    Class<?> text = String.class, version = type("Version");
    return type("plugins.PluginInfo")
        .getConstructor(text, text, text, version, text, text, text, List.class, boolean.class)
        .newInstance(plugin, "", "NA", version.getField("CURRENT").get(null), "1.8", plugin, null, List.of(), false);
  }

  /** Elasticsearch 8 and later answer `GET /` from a module that is not published; this stands in for it. */
  private static void answerRoot(Object node) throws Exception {
    Object injector = node.getClass().getMethod("injector").invoke(node);
    Object http = node.getClass().getMethod("injector").getReturnType().getMethod("getInstance", Class.class)
        .invoke(injector, type("http.HttpServerTransport"));
    Field dispatcher = type("http.AbstractHttpServerTransport").getDeclaredField("dispatcher");
    dispatcher.setAccessible(true);
    Class<?> handler = type("rest.RestHandler"), route = type("rest.RestHandler$Route");
    Class<?> method = type("rest.RestRequest$Method");
    Class<?> response = type("rest.RestResponse"), status = type("rest.RestStatus");
    Object build = type("Build").getMethod("current").invoke(null);
    String body = "{\"name\":\"engine\",\"version\":{\"number\":\"" + type("Build").getMethod("version").invoke(build)
        + "\",\"build_flavor\":\"default\"},\"tagline\":\"You Know, for Search\"}";
    Class<?>[] types = { handler };
    Object root = Proxy.newProxyInstance(handler.getClassLoader(), types, (self, called, given) -> {
      switch (called.getName()) {
        case "handleRequest":
          Object answer = response.getConstructor(status, String.class, String.class)
              .newInstance(status.getField("OK").get(null), "application/json", body);
          return type("rest.RestChannel").getMethod("sendResponse", response).invoke(given[1], answer);
        case "toString": case "getName": return "root";
        case "hashCode": return System.identityHashCode(self);
        case "equals": return self == given[0];
        case "getConcreteRestHandler": return self;
        default: // InvocationHandler.invokeDefault, which Java 11 does not know at compile time
          return InvocationHandler.class.getMethod("invokeDefault", Object.class, Method.class, Object[].class)
              .invoke(null, self, called, given == null ? new Object[0] : given);
      }
    });
    Object get = route.getConstructor(method, String.class).newInstance(method.getField("GET").get(null), "/");
    Object controller = dispatcher.get(http);
    controller.getClass().getMethod("registerHandler", route, handler).invoke(controller, get, root);
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(PREFIX + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean exists(String name) {
    try {
      Class.forName(name, false, Launcher.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
