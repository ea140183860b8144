//! Points on their way to InfluxDB: a queue in memory, a buffer on disk, and one task that delivers both in order.

mod courier;
mod queue;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{sync::oneshot, task::JoinHandle};

use crate::host::influx::Influx;
use crate::model::{delivery::Delivery, point::Point};
use courier::Courier;
use queue::Queue;

/// The longest the end may take: a last delivery, then the rest to disk.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Where points are handed in. Dropping it ends the delivery as [`Post::close`] does, unwatched.
pub struct Post {
    queue: Arc<Queue>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Post {
    /// Returns an open post whose task delivers until it is closed. What an earlier process left in
    /// `spool`, a directory of this post alone, is delivered first. Must be called within a tokio runtime.
    pub fn open(
        influx: Influx,
        spool: PathBuf,
        tell: impl FnMut(Delivery) + Send + 'static,
    ) -> Post {
        let queue = Arc::new(Queue::default());
        let (stop, stopped) = oneshot::channel();
        let courier = Courier::new(influx, spool, Arc::clone(&queue), tell);
        let task = tokio::spawn(courier.run(stopped));
        Post { queue, stop, task }
    }

    /// Hands in a point; never waits, whatever the server or the disk does.
    pub fn send(&self, point: Point) {
        self.queue.put(point);
    }

    /// Delivers what can be delivered at once and puts the rest on disk; returns within a second.
    pub async fn close(self) {
        // The task may have ended already: then there is nobody to tell.
        let _ = self.stop.send(());
        let abort = self.task.abort_handle();
        if tokio::time::timeout(CLOSE_LIMIT, self.task).await.is_err() {
            abort.abort();
        }
    }
}
