//! Orders by socket: one line in, a line for each service out, and one at the end.

use std::io;
use std::rc::Rc;

use futures_util::future::join_all;

use super::crew::{Crew, in_words};
use crate::decide::supervise::life::Wish;
use crate::host::control::Call;
use crate::model::process::{Answer, Request, Verdict};

/// Serves one caller to the end.
pub(super) async fn serve(crew: Rc<Crew>, mut call: Call) {
    let request = match call.ask().await {
        Ok(Some(line)) => serde_json::from_str::<Request>(&line),
        Ok(None) | Err(_) => return,
    };
    // Who has gone away needs no answer.
    let _ = match request {
        Ok(request) => answer(&crew, &mut call, request).await,
        Err(why) => {
            say(
                &mut call,
                &Answer::Refused(vec![format!("no order: {why}")]),
            )
            .await
        }
    };
}

async fn answer(crew: &Crew, call: &mut Call, request: Request) -> io::Result<()> {
    match request {
        Request::Start { names, parallel } => many(crew, call, names, parallel, Wish::Start).await,
        Request::Stop { names, parallel } => many(crew, call, names, parallel, Wish::Stop).await,
        Request::Restart { names, parallel } => {
            many(crew, call, names, parallel, Wish::Restart).await
        }
        Request::Status { names } => status(crew, call, &names).await,
        Request::Reload => {
            let told = match crew.reload().await {
                Ok(changes) => Answer::Reloaded(changes),
                Err(wrong) => Answer::Refused(wrong.iter().map(in_words).collect()),
            };
            say(call, &told).await
        }
    }?;
    say(call, &Answer::End).await
}

async fn many(
    crew: &Crew,
    call: &mut Call,
    names: Vec<String>,
    parallel: bool,
    wish: Wish,
) -> io::Result<()> {
    let all = names.iter().any(|it| it == "all");
    let mut names = if all { crew.names() } else { names };
    if all {
        // Whole sets leave out what nobody wants to run.
        names.retain(|it| !crew.board.standing(it).is_some_and(|it| it.disabled));
    }
    if wish == Wish::Stop {
        // Who depends on others goes first.
        names.reverse();
    }
    if parallel {
        let outcomes = join_all(names.iter().map(|it| crew.order(it, wish))).await;
        for outcome in outcomes {
            say(call, &Answer::Outcome(outcome)).await?;
        }
        return Ok(());
    }
    for name in names {
        let outcome = crew.order(&name, wish).await;
        say(call, &Answer::Outcome(outcome)).await?;
    }
    Ok(())
}

async fn status(crew: &Crew, call: &mut Call, names: &[String]) -> io::Result<()> {
    let all = names.is_empty() || names.iter().any(|it| it == "all");
    let wanted = match all {
        true => crew.board.names(),
        false => names.to_vec(),
    };
    for name in wanted {
        let answer = match crew.board.standing(&name) {
            Some(standing) => Answer::Standing(standing),
            None => Answer::Outcome(crate::model::process::Outcome {
                name,
                verdict: Verdict::Unknown,
                why: "there is no such service".to_owned(),
                pid: None,
            }),
        };
        say(call, &answer).await?;
    }
    Ok(())
}

async fn say(call: &mut Call, answer: &Answer) -> io::Result<()> {
    let line = serde_json::to_string(answer).map_err(io::Error::other)?;
    call.say(&line).await
}
