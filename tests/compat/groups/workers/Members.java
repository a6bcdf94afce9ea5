import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.AppInfoParser;

/** Kafka's own Java client as members of groups, a thread each. `java Members.java <bootstrap> <classic|consumer>` */
public class Members {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, Member> MEMBERS = new ConcurrentHashMap<>();

  public static void main(String[] args) throws Exception {
    tell(Map.of("version", "Java " + AppInfoParser.getVersion()));
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      JsonNode request = JSON.readTree(line);
      String name = request.get("member").asText();
      if (request.get("operation").asText().equals("join")) {
        Member member = new Member(name, args[0], text(request, "protocol", args[1]), request);
        MEMBERS.put(name, member);
        member.start();
        reply(request, null, null);
      } else {
        MEMBERS.get(name).ask(request);
      }
    }
    System.exit(0);
  }

  private static synchronized void tell(Map<String, ?> value) {
    try {
      System.out.println(JSON.writeValueAsString(value));
      System.out.flush();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  private static void reply(JsonNode request, Object answer, Throwable error) {
    Map<String, Object> fields = new HashMap<>();
    fields.put("id", request.get("id").asLong());
    if (error == null) fields.put("answer", answer);
    else fields.put("error", String.valueOf(error));
    tell(fields);
  }

  private static String text(JsonNode request, String name, String fallback) {
    return request.hasNonNull(name) ? request.get(name).asText() : fallback;
  }

  /** Only its own thread touches the consumer. */
  private static class Member extends Thread implements ConsumerRebalanceListener {
    private final String name;
    private final String topic;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Queue<JsonNode> questions = new ConcurrentLinkedQueue<>();

    Member(String name, String bootstrap, String protocol, JsonNode request) {
      this.name = name;
      topic = request.get("topic").asText();
      Map<String, Object> config = new HashMap<>();
      config.put("bootstrap.servers", bootstrap);
      config.put("group.id", request.get("group").asText());
      config.put("client.id", name);
      config.put("group.protocol", protocol);
      config.put("auto.offset.reset", "earliest");
      config.put("enable.auto.commit", request.path("autoCommit").asBoolean(true));
      config.put("auto.commit.interval.ms", 200);
      config.put("fetch.max.wait.ms", 100);
      config.put("reconnect.backoff.max.ms", 200);
      if (request.hasNonNull("instanceId")) config.put("group.instance.id", request.get("instanceId").asText());
      if (protocol.equals("classic")) {
        config.put("session.timeout.ms", request.path("sessionTimeoutMs").asInt(6000));
        config.put("heartbeat.interval.ms", 500);
        String assignor = request.path("cooperative").asBoolean(false) ? "CooperativeStickyAssignor" : "RangeAssignor";
        config.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor);
      }
      consumer = new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer.subscribe(List.of(topic), this);
      setDaemon(true);
    }

    void ask(JsonNode question) {
      questions.add(question);
    }

    @Override
    public void run() {
      while (true) {
        JsonNode question = questions.poll();
        if (question == null) {
          poll();
          continue;
        }
        try {
          reply(question, answer(question), null);
        } catch (Throwable error) {
          reply(question, null, error);
        }
        if (question.get("operation").asText().equals("leave")) return;
      }
    }

    private void poll() {
      try {
        var records = consumer.poll(Duration.ofMillis(50));
        for (TopicPartition partition : records.partitions()) {
          List<Long> offsets = records.records(partition).stream().map(ConsumerRecord::offset).toList();
          event("records", Map.of("partition", partition.partition(), "offsets", offsets));
        }
      } catch (Throwable error) {
        event("failed", Map.of("message", String.valueOf(error)));
      }
    }

    private Object answer(JsonNode question) {
      switch (question.get("operation").asText()) {
        case "leave" -> consumer.close();
        case "commit" -> commit(question);
        case "committed" -> {
          return committed(question);
        }
        case "seek" -> consumer.seek(place(question.get("partition")), question.get("offset").asLong());
        default -> throw new IllegalArgumentException(question.toString());
      }
      return null;
    }

    private TopicPartition place(JsonNode partition) {
      return new TopicPartition(topic, partition.asInt());
    }

    private void commit(JsonNode question) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (JsonNode each : question.get("offsets")) {
        offsets.put(place(each.get("partition")), new OffsetAndMetadata(each.get("offset").asLong(), text(each, "metadata", "")));
      }
      if (question.get("how").asText().equals("sync")) consumer.commitSync(offsets);
      else consumer.commitAsync(offsets, (ignored, error) -> { if (error != null) event("failed", Map.of("message", error.toString())); });
    }

    private Object committed(JsonNode question) {
      Set<TopicPartition> places = new TreeSet<>(Comparator.comparingInt(TopicPartition::partition));
      for (JsonNode partition : question.get("partitions")) places.add(place(partition));
      var found = consumer.committed(places);
      List<Object> answer = new ArrayList<>();
      for (TopicPartition place : places) {
        OffsetAndMetadata offset = found.get(place);
        answer.add(Map.of("partition", place.partition(), "offset", offset == null ? -1 : offset.offset(),
            "metadata", offset == null ? "" : offset.metadata()));
      }
      return answer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      changed("assigned", partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      changed("revoked", partitions);
    }

    private void changed(String kind, Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) return;
      List<Integer> numbers = partitions.stream().map(TopicPartition::partition).sorted().toList();
      event(kind, Map.of("partitions", numbers, "generation", consumer.groupMetadata().generationId()));
    }

    private void event(String kind, Map<String, ?> fields) {
      Map<String, Object> all = new HashMap<>(fields);
      all.put("event", kind);
      all.put("member", name);
      all.put("atMs", System.currentTimeMillis());
      tell(all);
    }
  }
}
