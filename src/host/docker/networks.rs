//! Networks: joined beyond the first, which docker takes only after the create; endpoints of the dead forgotten.

use bollard::models::{NetworkConnectRequest, NetworkDisconnectRequest};

use super::{Docker, Error, body};
use crate::model::container::Network;

impl Docker {
    /// Joins a created container to one more network.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such network.
    pub async fn join(&self, id: &str, network: &Network) -> Result<(), Error> {
        let request = NetworkConnectRequest {
            container: id.to_owned(),
            endpoint_config: Some(body::endpoint(network)),
        };
        self.limited(self.api.connect_network(&network.name, request))
            .await
    }

    /// Removes what a network still holds for a container's name though the container is gone.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such network or nothing of that name in it.
    pub async fn forget_endpoint(&self, network: &str, container: &str) -> Result<(), Error> {
        let request = NetworkDisconnectRequest {
            container: container.to_owned(),
            force: Some(true),
        };
        self.limited(self.api.disconnect_network(network, request))
            .await
    }
}
