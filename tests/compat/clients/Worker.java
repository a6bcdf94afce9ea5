import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/** Kafka's own Java client behind the line protocol of worker-client.ts: one JSON request in, one JSON answer out. */
public class Worker {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static String bootstrap;
  private static Admin admin;

  interface Operation {
    Object run(JsonNode request) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    Map<String, Operation> operations = Map.ofEntries(
        Map.entry("produce", Worker::produce), Map.entry("produceLines", Worker::produceLines),
        Map.entry("produceStream", Worker::produceStream), Map.entry("consume", Worker::consume),
        Map.entry("consumeLines", Worker::consumeLines), Map.entry("offset", Worker::offset),
        Map.entry("createTopic", Worker::createTopic), Map.entry("describeTopic", Worker::describeTopic),
        Map.entry("listTopics", Worker::listTopics), Map.entry("deleteTopic", Worker::deleteTopic),
        Map.entry("createPartitions", Worker::createPartitions), Map.entry("describeConfigs", Worker::describeConfigs),
        Map.entry("alterConfigs", Worker::alterConfigs), Map.entry("deleteRecords", Worker::deleteRecords));
    answer(Map.of("version", "Java " + AppInfoParser.getVersion(), "deletesRecords", true));
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      try {
        JsonNode request = JSON.readTree(line);
        answer(operations.get(request.get("operation").asText()).run(request));
      } catch (Throwable error) { // whatever it is, the test shows it
        answer(Map.of("error", String.valueOf(error)));
      }
    }
    System.exit(0);
  }

  private static void answer(Object value) throws Exception {
    System.out.println(JSON.writeValueAsString(value));
    System.out.flush();
  }

  private static String encode(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] decode(JsonNode text) {
    return text == null || text.isNull() ? null : Base64.getDecoder().decode(text.asText());
  }

  private static String text(JsonNode request, String name, String fallback) {
    return request.hasNonNull(name) ? request.get(name).asText() : fallback;
  }

  private static TopicPartition partition(JsonNode request) {
    return new TopicPartition(request.get("topic").asText(), request.get("partition").asInt());
  }

  private static KafkaProducer<byte[], byte[]> producer(JsonNode request) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrap);
    config.put("acks", text(request, "acks", "all"));
    config.put("compression.type", text(request, "codec", "none"));
    config.put("enable.idempotence", request.path("idempotent").asBoolean(false));
    config.put("max.in.flight.requests.per.connection", 5);
    config.put("max.request.size", 2_000_000);
    config.put("linger.ms", 5);
    config.put("delivery.timeout.ms", 60_000);
    config.put("request.timeout.ms", 10_000);
    config.put("reconnect.backoff.max.ms", 200);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static Object produce(JsonNode request) throws Exception {
    try (var producer = producer(request)) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (JsonNode record : request.get("records")) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : record.get("headers")) headers.add(new RecordHeader(header.get(0).asText(), decode(header.get(1))));
        Long timestampMs = record.hasNonNull("timestampMs") ? record.get("timestampMs").asLong() : null;
        sent.add(producer.send(new ProducerRecord<>(request.get("topic").asText(), request.get("partition").asInt(),
            timestampMs, decode(record.get("key")), decode(record.get("value")), headers)));
      }
      List<Long> offsets = new ArrayList<>();
      for (var future : sent) {
        RecordMetadata metadata = future.get(60, TimeUnit.SECONDS);
        offsets.add(metadata.hasOffset() ? metadata.offset() : null);
      }
      return Map.of("offsets", offsets);
    }
  }

  private static Object produceLines(JsonNode request) throws Exception {
    byte[] bytes = Files.readAllBytes(Path.of(request.get("path").asText()));
    int count = 0;
    List<Exception> errors = Collections.synchronizedList(new ArrayList<>());
    try (var producer = producer(request)) {
      for (int at = 0, start = 0; at < bytes.length; at++) {
        if (bytes[at] != '\n') continue;
        producer.send(new ProducerRecord<>(request.get("topic").asText(), request.get("partition").asInt(), null,
            Arrays.copyOfRange(bytes, start, at)), (metadata, error) -> { if (error != null) errors.add(error); });
        start = at + 1;
        count++;
      }
      producer.flush();
    }
    if (!errors.isEmpty()) throw errors.get(0);
    return Map.of("count", count);
  }

  /** Values prefix-0, prefix-1, … spread over the given time; a failed delivery is not acknowledged, and no error. */
  private static Object produceStream(JsonNode request) throws Exception {
    List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
    int count = request.get("count").asInt();
    long beganMs = System.currentTimeMillis();
    try (var producer = producer(request)) {
      for (int index = 0; index < count; index++) {
        String value = request.get("prefix").asText() + "-" + index;
        producer.send(new ProducerRecord<>(request.get("topic").asText(), request.get("partition").asInt(), null,
            value.getBytes(StandardCharsets.UTF_8)), (metadata, error) -> { if (error == null) acknowledged.add(value); });
        long dueMs = beganMs + request.get("spreadMs").asLong() * index / count;
        if (dueMs > System.currentTimeMillis()) Thread.sleep(dueMs - System.currentTimeMillis());
      }
      producer.flush();
    }
    return Map.of("acknowledged", acknowledged);
  }

  private static KafkaConsumer<byte[], byte[]> consumer(JsonNode request) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrap);
    config.put("auto.offset.reset", text(request, "reset", "none").replace("error", "none"));
    config.put("enable.auto.commit", false);
    config.put("max.poll.records", 10_000);
    config.put("fetch.max.wait.ms", 100);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static void read(JsonNode request, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    TopicPartition partition = partition(request);
    try (var consumer = consumer(request)) {
      consumer.assign(List.of(partition));
      String from = text(request, "from", "earliest");
      if (from.equals("earliest")) consumer.seekToBeginning(List.of(partition));
      else if (from.equals("latest")) consumer.seekToEnd(List.of(partition));
      else consumer.seek(partition, Long.parseLong(from));
      long deadlineMs = System.currentTimeMillis() + request.path("timeoutMs").asLong(30_000);
      int left = request.get("count").asInt();
      while (left > 0 && System.currentTimeMillis() < deadlineMs) {
        for (var record : consumer.poll(Duration.ofMillis(200))) {
          if (left-- > 0) each.accept(record);
        }
      }
    }
  }

  private static Object consume(JsonNode request) {
    List<Object> records = new ArrayList<>();
    read(request, record -> {
      List<Object> headers = new ArrayList<>();
      for (Header header : record.headers()) headers.add(Arrays.asList(header.key(), encode(header.value())));
      Map<String, Object> row = new HashMap<>();
      row.put("offset", record.offset());
      row.put("timestampMs", record.timestamp());
      row.put("key", encode(record.key()));
      row.put("value", encode(record.value()));
      row.put("headers", headers);
      records.add(row);
    });
    return Map.of("records", records);
  }

  private static Object consumeLines(JsonNode request) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    int[] count = {0};
    read(request, record -> {
      digest.update(record.value());
      digest.update((byte) '\n');
      count[0]++;
    });
    return Map.of("sha256", HexFormat.of().formatHex(digest.digest()), "count", count[0]);
  }

  private static Object offset(JsonNode request) {
    TopicPartition partition = partition(request);
    Map<String, Object> found = new HashMap<>();
    try (var consumer = consumer(request)) {
      String at = request.get("at").asText();
      if (at.equals("earliest")) found.put("offset", consumer.beginningOffsets(List.of(partition)).get(partition));
      else if (at.equals("latest")) found.put("offset", consumer.endOffsets(List.of(partition)).get(partition));
      else {
        OffsetAndTimestamp first = consumer.offsetsForTimes(Map.of(partition, Long.parseLong(at))).get(partition);
        found.put("offset", first == null ? null : first.offset());
      }
    }
    return found;
  }

  private static Admin admin() {
    if (admin == null) admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    return admin;
  }

  private static Object createTopic(JsonNode request) throws Exception {
    Map<String, String> configs = new HashMap<>();
    request.get("configs").fields().forEachRemaining(entry -> configs.put(entry.getKey(), entry.getValue().asText()));
    var topic = new NewTopic(request.get("topic").asText(), request.get("partitions").asInt(), (short) 1).configs(configs);
    admin().createTopics(List.of(topic)).all().get();
    return Map.of();
  }

  private static Object describeTopic(JsonNode request) throws Exception {
    String name = request.get("topic").asText();
    List<Object> partitions = new ArrayList<>();
    for (var partition : admin().describeTopics(List.of(name)).allTopicNames().get().get(name).partitions()) {
      partitions.add(Map.of("id", partition.partition(), "leader", partition.leader().id(),
          "replicas", partition.replicas().stream().map(node -> node.id()).toList(),
          "isr", partition.isr().stream().map(node -> node.id()).toList()));
    }
    return Map.of("partitions", partitions);
  }

  private static Object listTopics(JsonNode request) throws Exception {
    return Map.of("topics", new TreeSet<>(admin().listTopics().names().get()));
  }

  private static Object deleteTopic(JsonNode request) throws Exception {
    admin().deleteTopics(List.of(request.get("topic").asText())).all().get();
    return Map.of();
  }

  private static Object createPartitions(JsonNode request) throws Exception {
    admin().createPartitions(Map.of(request.get("topic").asText(), NewPartitions.increaseTo(request.get("total").asInt()))).all().get();
    return Map.of();
  }

  private static ConfigResource resource(JsonNode request) {
    return new ConfigResource(ConfigResource.Type.TOPIC, request.get("topic").asText());
  }

  private static Object describeConfigs(JsonNode request) throws Exception {
    Map<String, String> configs = new HashMap<>();
    for (var entry : admin().describeConfigs(List.of(resource(request))).all().get().get(resource(request)).entries()) {
      configs.put(entry.name(), entry.value());
    }
    return Map.of("configs", configs);
  }

  private static Object alterConfigs(JsonNode request) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    request.get("set").fields().forEachRemaining(entry -> changes.add(
        new AlterConfigOp(new ConfigEntry(entry.getKey(), entry.getValue().asText()), AlterConfigOp.OpType.SET)));
    admin().incrementalAlterConfigs(Map.of(resource(request), changes)).all().get();
    return Map.of();
  }

  private static Object deleteRecords(JsonNode request) throws Exception {
    TopicPartition partition = partition(request);
    var before = RecordsToDelete.beforeOffset(request.get("before").asLong());
    long low = admin().deleteRecords(Map.of(partition, before)).lowWatermarks().get(partition).get().lowWatermark();
    return Map.of("lowWatermark", low);
  }
}
