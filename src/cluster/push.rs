//! An image brought to a node without a registry: from this machine's docker, only what the node lacks.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::try_join;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

use crate::decide::push::{self as decide, CONTENTS, Entry, Sieve};
use crate::decide::shell::{self, HasNul};
use crate::host::docker::{Docker, Error};
use crate::host::ssh::Ssh;
use crate::model::cluster::Node;
use crate::model::push::{Image, PushFailure, Pushed, Shelf};
use crate::model::seen::{Exit, Output};

/// A question to the node's docker about all its images.
const ASK_LIMIT: Duration = Duration::from_secs(60);
/// How long nothing may move; after the last byte the node's docker may unpack for as long.
const PATIENCE: Duration = Duration::from_secs(600);
/// Bytes between the archive and ssh.
const BETWEEN: usize = 1024 * 1024;
/// Where there is no docker to ask: [`decide::ask`]'s own end.
const NO_DOCKER: i64 = 69;

/// Brings the image to the node and returns how; `tell` hears bytes sent, and of how many.
///
/// The node's image is the same one then, by its id. Layers the node has stay away; where its docker does
/// not take an archive without them, all of it is sent.
///
/// # Errors
/// [`PushFailure`]; what the node had is untouched.
pub async fn push(
    ssh: &Ssh,
    node: &Node,
    image: &str,
    tell: &impl Fn(u64, u64),
) -> Result<Pushed, PushFailure> {
    let parcel = Parcel::open(ssh, node, image).await?;
    let shelf = parcel.shelf().await?;
    if shelf.named.as_ref() == Some(&parcel.found.id) {
        return Ok(Pushed::There);
    }
    parcel.fits(&shelf)?;
    if shelf.images.iter().any(|(id, _)| *id == parcel.found.id) {
        let name = line(decide::name(&parcel.found.id, image))?;
        parcel.run(&name).await?;
        return Ok(Pushed::Named);
    }
    let present = decide::present(&parcel.found, &shelf);
    match parcel.send(present, tell).await {
        // A docker that keeps images in another way wants all of it.
        Err(PushFailure::There { .. }) if present > 0 => parcel.send(0, tell).await,
        sent => sent,
    }
}

struct Parcel<'a> {
    ssh: &'a Ssh,
    node: &'a Node,
    image: &'a str,
    docker: Docker,
    found: Image,
}

impl Parcel<'_> {
    async fn open<'a>(
        ssh: &'a Ssh,
        node: &'a Node,
        image: &'a str,
    ) -> Result<Parcel<'a>, PushFailure> {
        if !decide::is_pushable(image) {
            return Err(here(
                format!(
                    "{image} is named by a registry's digest, which no node can be given over ssh"
                ),
                "name it by its tag; the revision is pinned by the image's id".to_owned(),
            ));
        }
        let docker = Docker::connect().await.map_err(|why| local(&why))?;
        let found = docker.image(image).await.map_err(|why| local(&why))?;
        let Some(found) = found else {
            return Err(here(
                format!("this machine's docker has no image {image}"),
                format!("build it, or docker pull {image}"),
            ));
        };
        Ok(Parcel {
            ssh,
            node,
            image,
            docker,
            found,
        })
    }

    async fn shelf(&self) -> Result<Shelf, PushFailure> {
        let told = self.run(&line(decide::ask(self.image))?).await?;
        Ok(decide::shelf(&String::from_utf8_lossy(&told.stdout)))
    }

    fn fits(&self, shelf: &Shelf) -> Result<(), PushFailure> {
        if shelf.platform == self.found.platform {
            return Ok(());
        }
        Err(here(
            format!(
                "{} is for {}, and {} is {}",
                self.image, self.found.platform, self.node.name, shelf.platform
            ),
            format!("build it for {}: docker build --platform", shelf.platform),
        ))
    }

    /// Reads the archive twice: what is in it stands at its end.
    async fn send(&self, present: usize, tell: &impl Fn(u64, u64)) -> Result<Pushed, PushFailure> {
        let spared = self.spared(present).await?;
        let total = self.total(&spared).await?;
        let (source, sink) = duplex(BETWEEN);
        let line = line_of(&line(decide::load(self.image))?)?;
        let mut sent = 0;
        let sending = async {
            let going = self
                .ssh
                .send(&self.node.destination, &line, source, PATIENCE, |bytes| {
                    sent = bytes;
                    tell(bytes, total);
                });
            going.await.map_err(PushFailure::Unreached)
        };
        let ((), output) = try_join(self.feed(sink, &spared), sending).await?;
        let output = self.good(output)?;
        self.verified(&output)?;
        Ok(Pushed::Sent {
            bytes: sent,
            layers: self.found.layers.len() - present,
            of: self.found.layers.len(),
        })
    }

    fn verified(&self, output: &Output) -> Result<(), PushFailure> {
        let id = String::from_utf8_lossy(&output.stdout);
        if id.trim() == self.found.id {
            return Ok(());
        }
        Err(here(
            format!(
                "{} is {} here and {} on {}",
                self.image,
                self.found.id,
                id.trim(),
                self.node.name
            ),
            "if it was built again meanwhile, push again; docker's containerd image store gives other ids, \
             and both sides need the same"
                .to_owned(),
        ))
    }

    /// The files that can stay away.
    async fn spared(&self, present: usize) -> Result<HashSet<String>, PushFailure> {
        if present == 0 {
            return Ok(HashSet::new());
        }
        let mut contents = Vec::new();
        let mut size = 0;
        self.sift(
            |it| {
                let found = it.name == CONTENTS;
                if found {
                    size = it.size;
                }
                found
            },
            async |bytes| {
                contents.extend_from_slice(bytes);
                Ok(())
            },
        )
        .await?;
        // What was kept is one file: a block of header, its body, and the archive's end.
        let body = contents.get(512..).unwrap_or_default();
        let body = &body[..usize::try_from(size).unwrap_or(0).min(body.len())];
        decide::spared(body, &self.found, present)
            .map_err(|why| here(why, "push to a registry instead".to_owned()))
    }

    /// Bytes that will go.
    async fn total(&self, spared: &HashSet<String>) -> Result<u64, PushFailure> {
        let mut total = 0;
        self.sift(
            |it| !spared.contains(it.name),
            async |bytes| {
                total += bytes.len() as u64;
                Ok(())
            },
        )
        .await?;
        Ok(total)
    }

    async fn feed(
        &self,
        mut sink: DuplexStream,
        spared: &HashSet<String>,
    ) -> Result<(), PushFailure> {
        // A node that reads no further says why itself; the rest goes nowhere.
        let mut open = true;
        self.sift(
            |it| !spared.contains(it.name),
            async |bytes| {
                open = open && sink.write_all(bytes).await.is_ok();
                Ok(())
            },
        )
        .await
    }

    /// Reads the archive once and hands on what is kept.
    async fn sift(
        &self,
        mut keep: impl FnMut(Entry<'_>) -> bool,
        mut each: impl AsyncFnMut(&[u8]) -> Result<(), PushFailure>,
    ) -> Result<(), PushFailure> {
        let broken = |why: String| here(why, "see what docker logs, and try again".to_owned());
        let mut saved = self
            .docker
            .save(self.image)
            .await
            .map_err(|why| local(&why))?;
        let mut sieve = Sieve::default();
        let mut kept = Vec::new();
        loop {
            let mut fed = Ok(());
            let read = saved.read(|bytes| {
                if fed.is_ok() {
                    fed = sieve.feed(bytes, &mut keep, &mut kept);
                }
            });
            let more = read
                .await
                .map_err(|why| broken(format!("docker's archive broke off: {why}")))?;
            fed.map_err(broken)?;
            each(&kept).await?;
            kept.clear();
            if !more {
                break;
            }
        }
        match sieve.is_over() {
            true => Ok(()),
            false => Err(broken("docker's archive has no end".to_owned())),
        }
    }

    async fn run(&self, script: &str) -> Result<Output, PushFailure> {
        let line = line_of(script)?;
        let ran = self.ssh.run(&self.node.destination, &line, None, ASK_LIMIT);
        self.good(ran.await.map_err(PushFailure::Unreached)?)
    }

    fn good(&self, output: Output) -> Result<Output, PushFailure> {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|it| !it.trim().is_empty());
        let last = last.unwrap_or("it did not say why").to_owned();
        let node = &self.node.name;
        match output.exit {
            Exit::Code(0) => Ok(output),
            Exit::Code(NO_DOCKER) => Err(PushFailure::There {
                what: format!("docker does not answer on {node}: {last}"),
                remedy: format!("ssh {} systemctl start docker", self.node.destination),
            }),
            Exit::Code(_) | Exit::Signal(_) => Err(PushFailure::There {
                what: format!("docker on {node} does not take the image: {last}"),
                remedy: format!(
                    "see for yourself: ssh {} docker info",
                    self.node.destination
                ),
            }),
        }
    }
}

fn here(what: String, remedy: String) -> PushFailure {
    PushFailure::Here { what, remedy }
}

fn local(why: &Error) -> PushFailure {
    let remedy = "start docker on this machine, or push to a registry instead".to_owned();
    here(format!("this machine's docker: {why}"), remedy)
}

fn line(made: Result<String, HasNul>) -> Result<String, PushFailure> {
    made.map_err(|why| here(why.to_string(), "correct the image's name".to_owned()))
}

fn line_of(script: &str) -> Result<String, PushFailure> {
    line(shell::elevated(script))
}
