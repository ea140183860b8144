//! systemd over D-Bus: jobs with their outcomes, units with their states, and word of every change.

mod changes;
mod jobs;
mod units;

use std::io;
use std::time::Duration;

use serde::Serialize;
use zbus::{Connection, DBusError, DynamicType, Message, connection::Builder};

pub use changes::Changes;

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// An answer that needs this long is none. A busy systemd (daemon-reload with hundreds of units) takes seconds.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// A bus that does not greet us is down.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// One connection to the system bus, which systemd sends its signals to.
///
/// It does not come back by itself when the bus is restarted: calls then fail, and one connects again.
#[derive(Clone, Debug)]
pub struct Bus {
    connection: Connection,
}

impl Bus {
    /// Connects to the system bus (`DBUS_SYSTEM_BUS_ADDRESS` is respected) and asks systemd for its signals.
    ///
    /// # Errors
    /// There is no bus, it does not answer in time, or systemd is not on it.
    pub async fn connect() -> io::Result<Bus> {
        let build = Builder::system().method_timeout(CALL_LIMIT).build();
        let connection = tokio::time::timeout(CONNECT_LIMIT, build)
            .await
            .map_err(|_| late("connecting to the system bus", CONNECT_LIMIT))?
            .map_err(|why| told("connecting to the system bus", &why))?;
        let bus = Bus { connection };
        bus.manage("Subscribe", &()).await?;
        Ok(bus)
    }

    /// Has systemd read its unit files and run its generators again.
    ///
    /// # Errors
    /// The bus is gone, or systemd does not answer in time.
    pub async fn reload(&self) -> io::Result<()> {
        self.manage("Reload", &()).await.map(drop)
    }

    /// Calls a method of systemd itself.
    async fn manage<B>(&self, method: &str, body: &B) -> io::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        self.call(MANAGER_PATH, MANAGER, method, body).await
    }

    async fn call<B>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> io::Result<Message>
    where
        B: Serialize + DynamicType,
    {
        self.connection
            .call_method(Some(SYSTEMD), path, Some(interface), method, body)
            .await
            .map_err(|why| told(method, &why))
    }
}

/// Reads the body of an answer.
fn body<T>(answer: &Message, method: &str) -> io::Result<T>
where
    T: for<'a> serde::Deserialize<'a> + zbus::Type,
{
    let read = answer.body().deserialize();
    read.map_err(|why| io::Error::new(io::ErrorKind::InvalidData, format!("{method}: {why}")))
}

/// Keeps what a caller may branch on: not there, refused, late, the bus gone.
fn told(doing: &str, why: &zbus::Error) -> io::Error {
    let (kind, words) = if let zbus::Error::InputOutput(why) | zbus::Error::Connection(why, _) = why
    {
        (why.kind(), why.to_string())
    } else if let zbus::Error::MethodError(name, words, _) = why {
        let words = words.clone().unwrap_or_else(|| name.to_string());
        (kind_of(name.as_str()), words)
    } else if let zbus::Error::FDO(why) = why {
        (kind_of(why.name().as_str()), why.to_string())
    } else {
        (io::ErrorKind::Other, why.to_string())
    };
    io::Error::new(kind, format!("systemd over D-Bus: {doing}: {words}"))
}

/// What a caller can act on, of the errors D-Bus and systemd have names for.
fn kind_of(name: &str) -> io::ErrorKind {
    match name.rsplit('.').next().unwrap_or_default() {
        "NoSuchUnit" | "NoSuchJob" | "NoSuchProcess" | "UnknownObject" => io::ErrorKind::NotFound,
        "UnitMasked" | "LoadFailed" | "BadUnitSetting" => io::ErrorKind::InvalidInput,
        "AccessDenied" | "AuthFailed" | "InteractiveAuthorizationRequired" => {
            io::ErrorKind::PermissionDenied
        }
        "NoReply" | "Timeout" | "TimedOut" => io::ErrorKind::TimedOut,
        "Disconnected" | "ServiceUnknown" | "NameHasNoOwner" => io::ErrorKind::NotConnected,
        _ => io::ErrorKind::Other,
    }
}

fn late(doing: &str, limit: Duration) -> io::Error {
    let words = format!("systemd over D-Bus: {doing}: no answer in {limit:?}");
    io::Error::new(io::ErrorKind::TimedOut, words)
}
