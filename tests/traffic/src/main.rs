//! `traffic serve` is a service to roll out, `traffic load` the clients it must not lose, `traffic ask` a health check.

mod clock;
mod digest;
mod frames;
mod load;
mod request;
mod say;
mod serve;
mod words;

use std::process::ExitCode;

use words::Words;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut given = std::env::args().skip(1);
    let verb = given.next().unwrap_or_default();
    let done = match (verb.as_str(), Words::read(given)) {
        (_, Err(why)) => Err(why),
        ("serve", Ok(words)) => serve::serve(&words).await,
        ("load", Ok(words)) => load::load(&words).await,
        ("ask", Ok(words)) => load::ask(&words).await,
        _ => Err(say::USAGE.to_owned()),
    };
    match done {
        Ok(code) => code,
        Err(why) => {
            say::complain(&why);
            ExitCode::from(2)
        }
    }
}
