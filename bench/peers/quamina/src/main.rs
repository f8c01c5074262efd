//! quamina behind the protocol of bench/patterns.py: patterns and events in files, questions on standard input.
use quamina::{MatcherBuildMode, Quamina};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, out: *mut Timespec) -> i32;
}

const THREAD_CPU_TIME: i32 = 3;

fn seconds() -> f64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(THREAD_CPU_TIME, &mut now) };
    now.seconds as f64 + now.nanoseconds as f64 / 1e9
}

type Sets = BTreeMap<String, Vec<(usize, String)>>;

fn read_sets(path: &str) -> Sets {
    let mut sets = Sets::new();
    for line in std::fs::read_to_string(path).expect("patterns").lines() {
        let mut columns = line.splitn(3, '\t');
        let set = columns.next().expect("set").to_string();
        let rule = columns.next().expect("rule").parse().expect("a number");
        sets.entry(set).or_default().push((rule, columns.next().expect("pattern").to_string()));
    }
    sets
}

fn engine_of(rules: &[(usize, String)]) -> Result<Quamina<usize>, String> {
    let mut engine = Quamina::<usize>::new();
    engine.set_matcher_build_mode(MatcherBuildMode::BuiltForSpeed);
    for (rule, pattern) in rules {
        engine.add_pattern(*rule, pattern).map_err(|reason| reason.to_string())?;
    }
    Ok(engine)
}

fn count(engine: &Quamina<usize>, events: &[&[u8]], rules: usize) -> String {
    let mut counts = vec![0u64; rules];
    for event in events {
        for rule in engine.matches_for_event(event).expect("an event") {
            counts[rule] += 1;
        }
    }
    counts.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let sets = read_sets(&arguments[1]);
    let text = std::fs::read(&arguments[2]).expect("events");
    let limit: usize = arguments[3].parse().expect("a number");
    let events: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let mut current = (String::new(), Quamina::<usize>::new());
    for line in io::stdin().lock().lines() {
        let line = line.expect("a question");
        let (question, set) = line.split_once(' ').expect("QUESTION SET");
        let mut answer = String::new();
        if current.0 != set {
            match engine_of(&sets[set]) {
                Ok(engine) => current = (set.to_string(), engine),
                Err(reason) => answer = format!("unsupported {reason}"),
            }
        }
        if answer.is_empty() && question == "count" {
            answer = count(&current.1, &events, sets[set].len());
        } else if answer.is_empty() {
            let start = seconds();
            let found: usize = events.iter().take(limit).map(|event| current.1.matches_for_event(event).expect("an event").len()).sum();
            answer = format!("{} {found}", seconds() - start);
        }
        println!("{}", answer.replace('\n', " "));
        io::stdout().flush().expect("an answer");
    }
}
