// event-ruler behind the protocol of bench/patterns.py: patterns and events in files, questions on standard input.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import software.amazon.event.ruler.Machine;

public final class Bench {
    private static Map<String, Map<String, String>> readSets(String path) throws Exception {
        Map<String, Map<String, String>> sets = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Path.of(path))) {
            String[] columns = line.split("\t", 3);
            sets.computeIfAbsent(columns[0], name -> new LinkedHashMap<>()).put(columns[1], columns[2]);
        }
        return sets;
    }

    private static Machine machineOf(Map<String, String> rules) throws Exception {
        Machine machine = new Machine();
        for (Map.Entry<String, String> rule : rules.entrySet()) {
            machine.addRule(rule.getKey(), rule.getValue());
        }
        return machine;
    }

    private static String count(Machine machine, List<String> events, int rules) throws Exception {
        long[] counts = new long[rules];
        for (String event : events) {
            for (String rule : machine.rulesForJSONEvent(event)) {
                counts[Integer.parseInt(rule)]++;
            }
        }
        return Arrays.stream(counts).mapToObj(Long::toString).collect(Collectors.joining(" "));
    }

    private static String time(Machine machine, List<String> events) throws Exception {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long found = 0;
        for (String event : events) {
            found += machine.rulesForJSONEvent(event).size();
        }
        return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e9 + " " + found;
    }

    private static String answer(Machine machine, String question, List<String> events, int rules, int limit) throws Exception {
        return question.equals("count") ? count(machine, events, rules) : time(machine, events.subList(0, Math.min(limit, events.size())));
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Map<String, String>> sets = readSets(arguments[0]);
        List<String> events = new ArrayList<>(Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8));
        int limit = Integer.parseInt(arguments[2]);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String current = "";
        Machine machine = null;
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] words = line.split(" ", 2);
            try {
                if (!words[1].equals(current)) {
                    machine = machineOf(sets.get(words[1]));
                    current = words[1];
                }
                System.out.println(answer(machine, words[0], events, sets.get(current).size(), limit));
            } catch (Exception refused) {
                System.out.println("unsupported " + String.valueOf(refused.getMessage()).replace('\n', ' '));
            }
            System.out.flush();
        }
    }
}
