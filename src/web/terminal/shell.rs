//! One shell each: its terminal, and the browser that looks at it, which may come again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::decide::web::screen::{self, Said, Screen};
use crate::host::pty::{self, Pty};
use crate::host::random;
use crate::model::seen::Exit;
use crate::web::gate::Caller;
use crate::web::server::locked;

/// Shells at once, in all and of one login.
const SHELLS_MOST: usize = 32;
const OWN_MOST: usize = 8;
/// How long a shell waits for its browser to come again.
const AWAY: Duration = Duration::from_secs(60);
/// How long nobody may type: somebody has left their desk.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// However busy.
const WHOLE: Duration = Duration::from_secs(12 * 3600);
/// Bytes read from a terminal at once.
const CHUNK: usize = 16 * 1024;
/// Browsers waiting to look: the newest one does.
const WAITING_MOST: usize = 4;

/// All shells, by id.
#[derive(Clone, Default)]
pub(in crate::web) struct Shells(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    cookie: String,
    to: mpsc::Sender<WebSocket>,
}

impl Shells {
    /// Whether this is a shell of this login.
    pub(super) fn is_of(&self, id: &str, cookie: &str) -> bool {
        locked(&self.0)
            .get(id)
            .is_some_and(|it| it.cookie == cookie)
    }

    /// Starts one and returns its id.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn open(
        &self,
        words: &[String],
        caller: &Caller,
        size: (u16, u16),
    ) -> Result<String, String> {
        let mut all = locked(&self.0);
        let own = all.values().filter(|it| it.cookie == caller.cookie).count();
        if all.len() >= SHELLS_MOST || own >= OWN_MOST {
            return Err("too many shells are open: close one".to_owned());
        }
        let id = random::secret().map_err(|why| why.to_string())?;
        let pty = pty::start(words, caller.name(), size).map_err(|why| why.to_string())?;
        let (to, browsers) = mpsc::channel(WAITING_MOST);
        let entry = Entry {
            cookie: caller.cookie.clone(),
            to,
        };
        all.insert(id.clone(), entry);
        let (shells, key) = (self.clone(), id.clone());
        tokio::spawn(async move {
            Shell::new(pty, key.clone(), browsers).run().await;
            locked(&shells.0).remove(&key);
        });
        Ok(id)
    }

    /// Gives a browser its shell; one that looked at it before is let go.
    pub(super) async fn attach(&self, id: &str, socket: WebSocket) {
        let to = locked(&self.0).get(id).map(|it| it.to.clone());
        if let Some(to) = to {
            // A shell that ends in this very moment lets go of the socket.
            let _ = to.send(socket).await;
        }
    }

    /// Ends those of logins that do not hold any more.
    pub(in crate::web) fn keep(&self, holds: impl Fn(&str) -> bool) {
        locked(&self.0).retain(|_, it| holds(&it.cookie));
    }
}

struct Shell {
    pty: Pty,
    id: String,
    browsers: mpsc::Receiver<WebSocket>,
    socket: Option<WebSocket>,
    screen: Screen,
    begun: Instant,
    typed: Instant,
    left: Instant,
}

/// What happens to a shell.
enum Next {
    Came(Option<Box<WebSocket>>),
    Wrote(usize),
    Heard(Option<Message>),
    Late,
}

impl Shell {
    fn new(pty: Pty, id: String, browsers: mpsc::Receiver<WebSocket>) -> Shell {
        let now = Instant::now();
        Shell {
            pty,
            id,
            browsers,
            socket: None,
            screen: Screen::default(),
            begun: now,
            typed: now,
            left: now,
        }
    }

    async fn run(mut self) {
        let mut buffer = vec![0; CHUNK];
        let why = loop {
            match self.next(&mut buffer).await {
                Next::Came(Some(socket)) => self.came(*socket).await,
                Next::Came(None) => break "you have logged out".to_owned(),
                Next::Wrote(0) => break self.ended().await,
                Next::Wrote(read) => self.wrote(&buffer[..read]).await,
                Next::Heard(Some(Message::Close(_))) | Next::Heard(None) => self.lost(),
                Next::Heard(Some(message)) => self.heard(message).await,
                Next::Late => break "nobody typed for too long".to_owned(),
            }
        };
        self.tell(&json!({ "end": why })).await;
        if let Some(mut socket) = self.socket.take() {
            // The browser may have gone by itself.
            let _ = socket.send(Message::Close(None)).await;
        }
    }

    async fn next(&mut self, buffer: &mut [u8]) -> Next {
        let late = match self.socket {
            Some(_) => (self.typed + IDLE).min(self.begun + WHOLE),
            None => self.left + AWAY,
        };
        let heard = async {
            match &mut self.socket {
                Some(socket) => socket.recv().await.and_then(Result::ok),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            socket = self.browsers.recv() => Next::Came(socket.map(Box::new)),
            message = heard => Next::Heard(message),
            read = self.pty.read(buffer), if self.screen.is_free() => Next::Wrote(read.unwrap_or(0)),
            () = sleep_until(late) => Next::Late,
        }
    }

    async fn came(&mut self, socket: WebSocket) {
        let first = self.screen.again();
        self.socket = Some(socket);
        self.typed = Instant::now();
        let id = self.id.clone();
        self.tell(&json!({ "session": id })).await;
        if !first.is_empty() {
            self.send(Message::Binary(first.into())).await;
        }
    }

    async fn wrote(&mut self, bytes: &[u8]) {
        self.screen.wrote(bytes, self.socket.is_some());
        self.send(Message::Binary(bytes.to_vec().into())).await;
    }

    async fn heard(&mut self, message: Message) {
        match message {
            Message::Binary(bytes) => {
                self.typed = Instant::now();
                // A terminal nobody is on any more says so when it is read.
                let _ = self.pty.write(&bytes).await;
            }
            Message::Text(text) => match screen::said(&text) {
                Some(Said::Resize(columns, rows)) => {
                    let _ = self.pty.resize((columns, rows));
                }
                Some(Said::Shown(bytes)) => self.screen.shown(bytes),
                None => {}
            },
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
        }
    }

    fn lost(&mut self) {
        self.socket = None;
        self.left = Instant::now();
        self.screen.left();
    }

    async fn ended(&mut self) -> String {
        match self.pty.end().await {
            Ok(Exit::Code(code)) => format!("it ended with {code}"),
            Ok(Exit::Signal(signal)) => format!("signal {signal} ended it"),
            Err(why) => why.to_string(),
        }
    }

    async fn tell(&mut self, what: &serde_json::Value) {
        self.send(Message::Text(what.to_string().into())).await;
    }

    async fn send(&mut self, message: Message) {
        if let Some(socket) = &mut self.socket
            && socket.send(message).await.is_err()
        {
            self.lost();
        }
    }
}
