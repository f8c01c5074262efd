//! Cedar's decisions per second over what policy_bench wrote: `cedar_bench FOLDER SIZE TURNS`.
//! Requests are built before the clock starts. Prints the median and how many questions were allowed.
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression};
use std::{env, fs, str::FromStr};

/// Of this thread alone, as policy_bench counts.
fn seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_string())
}

fn request(line: &str) -> Request {
    let (action, arn) = line.split_once('\t').expect("action and ARN");
    let context = Context::from_pairs([
        ("action".to_string(), text(action)),
        ("arn".to_string(), text(arn)),
        ("team".to_string(), text("blue")),
        ("mfa".to_string(), RestrictedExpression::new_bool(true)),
        ("ip".to_string(), RestrictedExpression::new_ip("192.0.2.17")),
    ])
    .expect("context");
    let uid = |s: String| EntityUid::from_str(&s).expect("uid");
    Request::new(
        uid("User::\"ann\"".to_string()),
        uid(format!("Action::\"{action}\"")),
        uid("Resource::\"any\"".to_string()),
        context,
        None,
    )
    .expect("request")
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let (folder, size) = (&arguments[1], &arguments[2]);
    let turns: usize = arguments[3].parse().expect("turns");
    let source = fs::read_to_string(format!("{folder}/{size}.cedar")).expect("policies");
    let policies = PolicySet::from_str(&source).expect("policies of Cedar");
    let questions = fs::read_to_string(format!("{folder}/{size}.questions")).expect("questions");
    let requests: Vec<Request> = questions.lines().map(request).collect();
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    let ask = || {
        requests.iter().filter(|r| authorizer.is_authorized(r, &policies, &entities).decision() == Decision::Allow).count()
    };
    let allowed = ask();
    let mut rates: Vec<f64> = (0..turns)
        .map(|_| {
            let start = seconds();
            assert_eq!(ask(), allowed);
            requests.len() as f64 / (seconds() - start)
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!("{size} statements\t{:.0}\t{allowed} of {}", rates[turns / 2], requests.len());
}
