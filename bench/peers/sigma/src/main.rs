//! The Sigma engines of the Rust registry over folders of CloudTrail in gzip, one thread:
//!
//!     sigma_bench rsigma|rsigma-prefilter|sigma-rust RULES LOGS     prints "BYTES SECONDS MATCHES": of JSON, of the processor after the
//! rules are loaded, and pairs of rule and record. rsigma's prefilters are off unless asked for.
use flate2::read::MultiGzDecoder;
use serde_json::value::RawValue;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

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

fn files(folder: &Path, end: &str, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, end, out);
        } else if path.to_string_lossy().ends_with(end) {
            out.push(path);
        }
    }
}

fn read_rules(folder: &str) -> String {
    let mut paths = Vec::new();
    files(Path::new(folder), ".yml", &mut paths);
    let texts: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).expect("rules")).collect();
    texts.join("---\n")
}

type Judge = Box<dyn Fn(&str) -> usize>;

fn rsigma(rules: &str, prefilter: bool) -> Judge {
    let mut engine = rsigma_eval::Engine::new();
    let collection = rsigma_parser::parse_sigma_yaml(rules).expect("rules");
    engine.add_collection(&collection).expect("rules");
    engine.set_bloom_prefilter(prefilter);
    engine.set_cross_rule_ac(prefilter);
    Box::new(move |text| {
        let document: Value = serde_json::from_str(text).expect("JSON");
        let records = document["Records"].as_array().expect("Records");
        records.iter().map(|record| engine.evaluate(&rsigma_eval::JsonEvent::borrow(record)).len()).sum()
    })
}

fn sigma_rust(rules: &str) -> Judge {
    let parse = |text: &str| sigma_rust::rule_from_yaml(text).expect("a rule");
    let rules: Vec<sigma_rust::Rule> = rules.split("---\n").filter(|text| !text.trim().is_empty()).map(parse).collect();
    Box::new(move |text| {
        let document: std::collections::HashMap<String, Vec<&RawValue>> = serde_json::from_str(text).expect("Records");
        let judge = |record: &&RawValue| {
            let event = sigma_rust::event_from_json(record.get()).expect("an event");
            rules.iter().filter(|rule| rule.is_match(&event)).count()
        };
        document["Records"].iter().map(judge).sum()
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let rules = read_rules(&arguments[2]);
    let judge = match arguments[1].as_str() {
        "sigma-rust" => sigma_rust(&rules),
        name => rsigma(&rules, name == "rsigma-prefilter"),
    };
    let mut paths = Vec::new();
    files(Path::new(&arguments[3]), ".json.gz", &mut paths);
    let packed: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("a log")).collect();
    let start = seconds();
    let (mut bytes, mut matches) = (0, 0);
    for file in &packed {
        let mut text = String::new();
        MultiGzDecoder::new(&file[..]).read_to_string(&mut text).expect("gzip");
        bytes += text.len();
        matches += judge(&text);
    }
    println!("{bytes} {} {matches}", seconds() - start);
}
